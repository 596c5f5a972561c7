import { DeadlinePassed, type RpcMethod, Subjects } from '@aet/contracts';
import { deadlineFrom, remainingMs } from '@aet/resilience';
import { correlation } from '@aet/telemetry';
import type { NatsLink } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { type CallOptions, RpcClient, type StreamOptions } from '../rpc-client.js';
import { type MessagingErrors, messagingErrorsOf } from '../messaging-errors.js';
import { CallSender, type OutgoingCall } from './call-sender.js';
import { cancelled } from './single-call.js';
import { STREAM_SILENCE_MS, STREAM_WINDOW } from './stream/incoming-stream.js';

export interface RpcClientOptions {
  namespace: string;
  defaultTimeoutMs: number;
  /** A responder in a stream that says nothing for so long is gone; it gives a sign of life each second. Default 5 s. Milliseconds. */
  streamSilenceMs?: number;
  /** The clock of this host, in unix milliseconds. Default `Date.now`. */
  now?: () => number;
}

/**
 * Calls over one shared inbox of the link. A call that begins while the link reconnects waits for it, within its deadline;
 * one that is in flight when the link breaks is `Unavailable` at once. Whoever answers is told when its caller waits no longer.
 */
export class NatsRpcClient extends RpcClient {
  private readonly subjects: Subjects;
  private readonly sender: CallSender;
  private readonly now: () => number;
  private readonly errors: MessagingErrors;
  /** A method's own address is asked for with every call. */
  private readonly addresses = new WeakMap<RpcMethod, string>();

  constructor(
    private readonly link: NatsLink,
    private readonly options: RpcClientOptions,
  ) {
    super();
    this.subjects = new Subjects(options.namespace);
    this.now = options.now ?? Date.now;
    this.sender = new CallSender(link, options.namespace, this.now);
    this.errors = messagingErrorsOf(link);
  }

  // Not `async`, and one promise for a call: each more costs as much as a header.
  call<Req extends object, Res>(method: RpcMethod<Req, Res>, request: Req, options: CallOptions = {}): Promise<Res> {
    return new Promise<unknown>((resolve, reject) => {
      const fail = (error: unknown): void => {
        this.errors.count('call', error);
        reject(error);
      };
      try {
        const call = this.prepare(method, request, options, this.options.defaultTimeoutMs);
        if (this.link.status === 'connected') this.sender.send(call, resolve, fail);
        else this.sendLater(call).then(resolve, fail);
      } catch (error) {
        fail(error);
      }
    }) as Promise<Res>;
  }

  override async *stream<Req extends object, Res>(
    method: RpcMethod<Req, Res>,
    request: Req,
    options: StreamOptions = {},
  ): AsyncGenerator<Res, undefined, undefined> {
    const call = this.prepare(method, request, options, undefined);
    const { defaultTimeoutMs, streamSilenceMs: silenceMs = STREAM_SILENCE_MS } = this.options;
    await this.connected(call, Math.min(remainingMs(call.deadline, this.now()), defaultTimeoutMs));
    const incoming = this.sender.open(call, { window: options.window ?? STREAM_WINDOW, silenceMs });
    try {
      for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) yield next.value as Res;
    } catch (error) {
      this.errors.count('call', error);
      throw error;
    } finally {
      incoming.close();
    }
  }

  private prepare(method: RpcMethod, request: object, options: CallOptions, defaultTimeoutMs: number | undefined): OutgoingCall {
    const subject = this.address(method, options);
    const payload = this.sender.encode(subject, request);
    const now = this.now();
    const inherited = earlier(options.deadline, correlation.current()?.deadline);
    const deadline = deadlineFrom(now, options.timeoutMs ?? defaultTimeoutMs, inherited);
    const { correlationId, signal } = options;
    if (signal?.aborted === true) throw cancelled(subject);
    if (remainingMs(deadline, now) <= 0) throw new DeadlinePassed(`the deadline had passed before ${subject} was called`);
    return { service: method.service, subject, payload, deadline, correlationId, signal };
  }

  private address(method: RpcMethod, { cell, instance }: CallOptions): string {
    if (instance !== undefined) return this.subjects.rpcAtInstance(method.service, method.method, instance);
    if (cell !== undefined) return this.subjects.rpcInCell(method.service, method.method, cell);
    const known = this.addresses.get(method);
    if (known !== undefined) return known;
    const made = this.subjects.rpc(method.service, method.method);
    this.addresses.set(method, made);
    return made;
  }

  private async sendLater(call: OutgoingCall): Promise<unknown> {
    await this.connected(call, remainingMs(call.deadline, this.now()));
    return new Promise((resolve, reject) => this.sender.send(call, resolve, reject));
  }

  private connected({ subject, signal }: OutgoingCall, timeoutMs: number): Promise<void> {
    return whenConnected(this.link, timeoutMs, signal, subject);
  }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
