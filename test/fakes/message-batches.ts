import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the provider makes of one request of a batch. */
export type FakeOutcome = 'succeeded' | 'errored' | 'expired' | 'canceled';

interface FakeBatch {
  id: string;
  createdAt: Date;
  status: 'in_progress' | 'canceling' | 'ended';
  requests: { custom_id: string; params: { messages: { content: string }[] } }[];
  outcomes: Map<string, FakeOutcome>;
}

/** The next answer to a batch that is handed in: a status; `taken`: it is taken all the same, and the answer is a fault. */
export interface FakeFault {
  status: number;
  taken?: boolean;
}

const TOKENS = { input_tokens: 1_000, output_tokens: 100 };

/** The Message Batches API, and the Messages API for single requests, as the wire sees them. Nothing happens in a batch before `end`. */
export class FakeMessageBatches implements AsyncDisposable {
  readonly batches: FakeBatch[] = [];
  readonly faults: FakeFault[] = [];
  /** Single requests that were answered. */
  singles = 0;
  cancelled: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeMessageBatches> {
    const server = createServer();
    const fake = new FakeMessageBatches(server);
    server.on('request', (request, response) => void fake.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends a batch; `outcome` sees the text that the model would have read. */
  end(id: string, outcome: (content: string) => FakeOutcome = () => 'succeeded'): void {
    const batch = this.found(id);
    for (const { custom_id, params } of batch.requests) batch.outcomes.set(custom_id, outcome(params.messages[0]?.content ?? ''));
    batch.status = 'ended';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private found(id: string): FakeBatch {
    const batch = this.batches.find((one) => one.id === id);
    if (batch === undefined) throw new Error(`there is no batch ${id}`);
    return batch;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { pathname } = new URL(request.url ?? '/', this.url);
    const [, id, rest] = /^\/v1\/messages\/batches\/([^/]+)(?:\/(\w+))?$/.exec(pathname) ?? [];
    if (pathname === '/v1/messages') this.single(response);
    else if (pathname === '/v1/messages/batches') this.collection(request.method ?? '', body, response);
    else if (id !== undefined) this.member(id, rest, response);
    else json(response, 404, refusal('not_found_error'));
  }

  private collection(method: string, body: string, response: ServerResponse): void {
    if (method === 'GET') {
      const data = this.batches.toReversed().map((batch) => this.view(batch));
      return json(response, 200, { data, has_more: false, first_id: null, last_id: null });
    }
    const fault = this.faults.shift();
    if (fault !== undefined && fault.taken !== true) return json(response, fault.status, refusal('overloaded_error'));
    const { requests } = JSON.parse(body) as Pick<FakeBatch, 'requests'>;
    const id = `msgbatch_${this.batches.length + 1}`;
    const batch: FakeBatch = { id, createdAt: new Date(), status: 'in_progress', requests, outcomes: new Map() };
    this.batches.push(batch);
    if (fault !== undefined) return json(response, fault.status, refusal('api_error'));
    return json(response, 200, this.view(batch));
  }

  private member(id: string, rest: string | undefined, response: ServerResponse): void {
    const batch = this.batches.find((one) => one.id === id);
    if (batch === undefined) return json(response, 404, refusal('not_found_error'));
    if (rest === 'cancel') {
      this.cancelled.push(id);
      batch.status = 'canceling';
    }
    if (rest !== 'results') return json(response, 200, this.view(batch));
    response.writeHead(200, { 'content-type': 'application/x-jsonl' });
    // Not in the order of the requests.
    for (const { custom_id } of batch.requests.toReversed()) {
      response.write(`${JSON.stringify({ custom_id, result: resultOf(batch.outcomes.get(custom_id) ?? 'canceled') })}\n`);
    }
    response.end();
  }

  private view({ id, createdAt, status, requests, outcomes }: FakeBatch): object {
    const count = (wanted: FakeOutcome): number => [...outcomes.values()].filter((outcome) => outcome === wanted).length;
    return {
      id,
      type: 'message_batch',
      processing_status: status,
      request_counts: {
        processing: requests.length - outcomes.size,
        succeeded: count('succeeded'),
        errored: count('errored'),
        canceled: count('canceled'),
        expired: count('expired'),
      },
      created_at: createdAt.toISOString(),
      expires_at: new Date(createdAt.getTime() + 86_400_000).toISOString(),
      ended_at: status === 'ended' ? new Date().toISOString() : null,
      archived_at: null,
      cancel_initiated_at: null,
      results_url: status === 'ended' ? `${this.url}/v1/messages/batches/${id}/results` : null,
    };
  }

  private single(response: ServerResponse): void {
    this.singles += 1;
    const frame = (type: string, data: object): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(frame('message_start', { message: { ...message('single'), content: [], stop_reason: null } }));
    response.write(frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }));
    response.write(frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'single' } }));
    response.write(frame('content_block_stop', { index: 0 }));
    response.write(
      frame('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: TOKENS.output_tokens } }),
    );
    response.end(frame('message_stop', {}));
  }
}

const message = (text: string): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: TOKENS,
});

function resultOf(outcome: FakeOutcome): object {
  if (outcome === 'succeeded') return { type: outcome, message: message('batched') };
  if (outcome === 'errored') return { type: outcome, error: refusal('invalid_request_error') };
  return { type: outcome };
}

const refusal = (type: string): object => ({ type: 'error', error: { type, message: `refused: ${type}` }, request_id: 'req_1' });

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
