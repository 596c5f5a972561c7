import {
  AetError,
  type ArtifactList,
  type CapabilityView,
  type ConsoleLink,
  type DeadLetterPage,
  type Dropped,
  type ErrorBody,
  ErrorCode,
  type FleetView,
  Header,
  InternalError,
  type ListDeadLetters,
  type QueueView,
  type Redriven,
  RemoteError,
  type RunAccepted,
  type RunView,
  type StoredDeadLetter,
  type SubmitRun,
  type TimelineView,
  Unavailable,
} from '@aet/contracts';
import { retrying } from '@aet/resilience';

export interface GatewayAddress {
  /** Such as `http://127.0.0.1:5012`. */
  url: string;
  token: string;
}

/** Who says something, and why. */
export interface OperatorWord {
  by: string;
  reason?: string;
}
export interface RateWish {
  perSecond?: number;
  burst?: number;
  rule?: 'unlimited' | 'configured';
}

const CALL_MS = 15_000;

type Query = Readonly<Record<string, string | number | undefined>>;

function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}
const NDJSON = 'application/x-ndjson';

/**
 * The gateway's REST interface, for commands. The address is asked for at every call: a gateway that died may come back elsewhere.
 * A call that may be repeated is, for as long as the caller says.
 */
export class GatewayClient {
  constructor(
    private readonly address: () => GatewayAddress | undefined,
    /** How long a gateway that does not answer is waited for, in milliseconds. */
    private readonly patienceMs: number,
    private readonly signal?: AbortSignal,
  ) {}

  /** Repeated without fear when the request has an idempotency key. */
  submit(request: SubmitRun): Promise<RunAccepted> {
    return this.patiently(() => this.json<RunAccepted>('POST', '/v1/runs', request));
  }
  run(runId: string): Promise<RunView> {
    return this.patiently(() => this.json<RunView>('GET', `/v1/runs/${encodeURIComponent(runId)}`));
  }
  artifacts(runId: string): Promise<ArtifactList> {
    return this.patiently(() => this.json<ArtifactList>('GET', `/v1/runs/${encodeURIComponent(runId)}/artifacts`));
  }
  artifact(runId: string, name: string): Promise<Uint8Array> {
    const path = `/v1/runs/${encodeURIComponent(runId)}/artifacts/${encodeURIComponent(name)}`;
    return this.patiently(async () => new Uint8Array(await (await this.call('GET', path)).arrayBuffer()));
  }
  /** The JSON text for which `{"$payload": …}` stands. */
  payload(runId: string, sha256: string): Promise<string> {
    const path = `/v1/runs/${encodeURIComponent(runId)}/payloads/${sha256}`;
    return this.patiently(async () => (await this.call('GET', path)).text());
  }
  timeline(id: string): Promise<TimelineView> {
    return this.patiently(() => this.json<TimelineView>('GET', `/v1/timelines/${encodeURIComponent(id)}`));
  }
  fleet(): Promise<FleetView> {
    return this.patiently(() => this.json<FleetView>('GET', '/v1/fleet'));
  }
  consoleLink(): Promise<ConsoleLink> {
    return this.patiently(() => this.json<ConsoleLink>('POST', '/v1/console-sessions'));
  }
  queue(): Promise<QueueView> {
    return this.patiently(() => this.json<QueueView>('GET', '/v1/queue'));
  }
  pause(capability: string, word: OperatorWord): Promise<CapabilityView> {
    return this.patiently(() => this.json<CapabilityView>('POST', `/v1/queue/${encodeURIComponent(capability)}/pause`, word));
  }
  resume(capability: string, word: OperatorWord): Promise<CapabilityView> {
    return this.patiently(() => this.json<CapabilityView>('POST', `/v1/queue/${encodeURIComponent(capability)}/resume`, word));
  }
  setRate(capability: string, word: OperatorWord & RateWish): Promise<CapabilityView> {
    return this.patiently(() => this.json<CapabilityView>('PUT', `/v1/queue/${encodeURIComponent(capability)}/rate`, word));
  }
  deadLetters(query: ListDeadLetters): Promise<DeadLetterPage> {
    const given = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    return this.patiently(() => this.json<DeadLetterPage>('GET', `/v1/dlq?${new URLSearchParams(given).toString()}`));
  }
  deadLetter(sequence: number): Promise<StoredDeadLetter> {
    return this.patiently(() => this.json<StoredDeadLetter>('GET', `/v1/dlq/${sequence}`));
  }
  /** What may be asked twice; asked again for as long as the caller is patient. */
  ask<T>(method: string, path: string, body?: object): Promise<T> {
    return this.patiently(() => this.json<T>(method, path, body));
  }
  /** What must not be said twice. */
  say<T>(method: string, path: string, body?: object): Promise<T> {
    return this.json<T>(method, path, body);
  }
  /** The lines of an exported run. */
  export(runId: string): Promise<Response> {
    return this.call('GET', `/v1/runs/${encodeURIComponent(runId)}/export`, undefined, { limitMs: undefined });
  }
  /** @param lines read once: it is not asked again. */
  async import<T>(query: URLSearchParams, lines: ReadableStream<Uint8Array>): Promise<T> {
    return (await (await this.call('POST', `/v1/run-imports?${query.toString()}`, lines, { limitMs: undefined })).json()) as T;
  }

  /** Once: a second one would find the run going on. */
  retryDeadLetter(sequence: number, word: OperatorWord): Promise<Redriven> {
    return this.json<Redriven>('POST', `/v1/dlq/${sequence}/retry`, word);
  }
  dropDeadLetter(sequence: number, word: { by: string; reason: string }): Promise<Dropped> {
    return this.json<Dropped>('DELETE', `/v1/dlq/${sequence}?${new URLSearchParams(word).toString()}`);
  }
  /** Of a path under `/v1`; what is undefined in the query is left out. */
  read<T>(path: string, query: Query = {}): Promise<T> {
    return this.patiently(() => this.json<T>('GET', withQuery(path, query)));
  }
  remove<T>(path: string, query: Query = {}): Promise<T> {
    return this.patiently(() => this.json<T>('DELETE', withQuery(path, query)));
  }
  /** Once: an answer that did not come does not say that nothing was done. */
  write<T>(method: 'POST' | 'PUT', path: string, body?: object): Promise<T> {
    return this.json<T>(method, path, body);
  }
  /** Lines of JSON as they come. Who stops reading ends the work behind them. @throws {RemoteError} what the last line says */
  async *lines<T extends object>(path: string, body: object): AsyncGenerator<T, void, undefined> {
    const url = this.address()?.url ?? '';
    const response = await this.call('POST', path, body, { accept: 'application/x-ndjson', limitMs: undefined });
    for await (const line of jsonLines(response.body ?? ReadableStream.from([]))) {
      const { error } = line as { error?: ErrorBody };
      if (error !== undefined) throw new RemoteError(error, url);
      yield line as T;
    }
  }
  /** An open stream of server-sent events; ends when the gateway or the signal ends it. */
  events(runId: string, after: number): Promise<Response> {
    return this.call('GET', `/v1/runs/${encodeURIComponent(runId)}/events?after=${after}`, undefined, {
      accept: 'text/event-stream',
      limitMs: undefined,
    });
  }

  private async json<T>(method: string, path: string, body?: object): Promise<T> {
    return (await (await this.call(method, path, body)).json()) as T;
  }

  private patiently<T>(action: () => Promise<T>): Promise<T> {
    const until = performance.now() + this.patienceMs;
    return retrying(action, {
      initialMs: 100,
      maxMs: 1_000,
      ...(this.signal === undefined ? {} : { signal: this.signal }),
      retryable: (error) => performance.now() < until && mayRepeat(error),
    });
  }

  private async call(
    method: string,
    path: string,
    body?: object | ReadableStream<Uint8Array>,
    options: { accept?: string; limitMs: number | undefined } = { limitMs: CALL_MS },
  ): Promise<Response> {
    const address = this.address();
    if (address === undefined) throw new Unavailable('the gateway of this fleet is not up yet: look at it with `aet status`');
    const signals = [this.signal, options.limitMs === undefined ? undefined : AbortSignal.timeout(options.limitMs)];
    const headers: Record<string, string> = {
      authorization: `Bearer ${address.token}`,
      accept: options.accept ?? 'application/json',
      [Header.CorrelationId]: `cli-${crypto.randomUUID()}`,
      ...(body === undefined ? {} : { 'content-type': body instanceof ReadableStream ? NDJSON : 'application/json' }),
    };
    let response: Response;
    try {
      response = await fetch(`${address.url}${path}`, {
        method,
        headers,
        signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
        ...(body === undefined ? {} : bodyOf(body)),
      });
    } catch (error) {
      throw new Unavailable(`the gateway at ${address.url} does not answer: look at the fleet with \`aet status\``, {
        cause: error,
      });
    }
    if (response.ok) return response;
    throw await refusal(response, address.url);
  }
}

const bodyOf = (body: object | ReadableStream<Uint8Array>): RequestInit =>
  body instanceof ReadableStream ? { body, duplex: 'half' } : { body: JSON.stringify(body) };

/**
 * Everything asked here may be asked twice: reads, and a submit with its idempotency key. So an answer that did not come in time
 * (a disk that stands still, a service that was just killed) is asked for again as well.
 */
const mayRepeat = (error: unknown): boolean =>
  error instanceof AetError && (error.retryable || error.code === ErrorCode.DeadlinePassed);

async function* jsonLines(bytes: ReadableStream<Uint8Array>): AsyncGenerator<object> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as object;
  }
}

async function refusal(response: Response, url: string): Promise<Error> {
  const body = (await response.json().catch(() => undefined)) as ErrorBody | undefined;
  if (body?.code === undefined) return new InternalError(`the gateway at ${url} answered with status ${response.status}`);
  return new RemoteError(body, url);
}
