import { DeadlinePassed, Header, PayloadTooLarge, type RpcMethod, type ServiceName, Subjects } from '@aet/contracts';
import { deadlineFrom, remainingMs } from '@aet/resilience';
import { correlation } from '@aet/telemetry';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { type CallOptions, RpcClient, type StreamOptions } from '../rpc-client.js';
import { callHeaders } from './outgoing-headers.js';
import type { PendingCall } from './pending-calls.js';
import { replyInboxOf } from './reply-inbox.js';
import { SingleCall, cancelled } from './single-call.js';
import { IncomingStream } from './stream/incoming-stream.js';

export interface RpcClientOptions {
  namespace: string;
  defaultTimeoutMs: number;
  /** A responder in a stream that says nothing for so long is gone; it gives a sign of life each second. Default 5 s. Milliseconds. */
  streamSilenceMs?: number;
}

/** Of the headers of a call, at most; so much of the largest message is not for the body. Bytes. */
const HEADER_ROOM = 1_024;

/** Items of a stream that may be on their way or wait to be taken. */
const WINDOW = 64;
const SILENCE_MS = 5_000;

/** A call that is ready to leave. */
interface Outgoing {
  service: ServiceName;
  subject: string;
  payload: Uint8Array;
  /** Unix milliseconds; undefined for a stream without one. */
  deadline: number | undefined;
  options: CallOptions;
}

/**
 * Calls over one shared inbox of the link. A call that begins while the link reconnects waits for it, within its deadline;
 * one that is in flight when the link breaks is `Unavailable` at once. Whoever answers is told when its caller waits no longer.
 */
export class NatsRpcClient extends RpcClient {
  private readonly subjects: Subjects;
  /** A method's own address is asked for with every call. */
  private readonly addresses = new WeakMap<RpcMethod, string>();

  constructor(
    private readonly link: NatsLink,
    private readonly options: RpcClientOptions,
  ) {
    super();
    this.subjects = new Subjects(options.namespace);
  }

  // Not `async`, and one promise for a call: each more costs as much as a header.
  call<Req extends object, Res>(method: RpcMethod<Req, Res>, request: Req, options: CallOptions = {}): Promise<Res> {
    return new Promise<Res>((resolve, reject) => {
      const call = this.prepare(method, request, options, this.options.defaultTimeoutMs);
      if (this.link.status === 'connected') this.send(call, resolve as (value: unknown) => void, reject);
      else this.sendWhenConnected(call, resolve as (value: unknown) => void, reject);
    });
  }

  override async *stream<Req extends object, Res>(
    method: RpcMethod<Req, Res>,
    request: Req,
    options: StreamOptions = {},
  ): AsyncGenerator<Res, undefined, undefined> {
    const call = this.prepare(method, request, options, undefined);
    if (this.link.status !== 'connected') {
      const { defaultTimeoutMs } = this.options;
      await whenConnected(
        this.link,
        Math.min(remainingMs(call.deadline, Date.now()), defaultTimeoutMs),
        options.signal,
        call.subject,
      );
    }
    const incoming = this.openStream(call, options.window ?? WINDOW);
    try {
      for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) yield next.value as Res;
    } finally {
      incoming.close();
    }
  }

  private prepare(method: RpcMethod, request: object, options: CallOptions, defaultTimeoutMs: number | undefined): Outgoing {
    const subject = this.address(method, options);
    const payload = this.encode(subject, request);
    const now = Date.now();
    const inherited = earlier(options.deadline, correlation.current()?.deadline);
    const deadline = deadlineFrom(now, options.timeoutMs ?? defaultTimeoutMs, inherited);
    if (options.signal?.aborted === true) throw cancelled(subject);
    if (remainingMs(deadline, now) <= 0) throw new DeadlinePassed(`the deadline had passed before ${subject} was called`);
    return { service: method.service, subject, payload, deadline, options };
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

  private encode(subject: string, request: object): Uint8Array {
    const payload = Buffer.from(JSON.stringify(request));
    const limit = this.link.maxPayload - HEADER_ROOM;
    if (payload.length <= limit) return payload;
    throw new PayloadTooLarge(
      `the request to ${subject} has ${payload.length} bytes, the NATS server takes ${limit}: send less at once, or store it as an artifact`,
    );
  }

  private sendWhenConnected(call: Outgoing, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    const { subject, deadline, options } = call;
    whenConnected(this.link, remainingMs(deadline, Date.now()), options.signal, subject)
      .then(() => this.send(call, resolve, reject))
      .catch(reject);
  }

  private send(call: Outgoing, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    const { service, subject, deadline, options } = call;
    const pending = new SingleCall(subject, resolve, reject, () => this.abandon(service, reply));
    const reply = this.publish(call, pending, remainingMs(deadline, Date.now()));
    if (options.signal !== undefined) pending.abortBy(options.signal);
  }

  private openStream(call: Outgoing, window: number): IncomingStream {
    const { service, subject, deadline, options } = call;
    const leftMs = remainingMs(deadline, Date.now());
    const silenceMs = this.options.streamSilenceMs ?? SILENCE_MS;
    const incoming = new IncomingStream(subject, connectionOf(this.link), {
      window,
      silenceMs,
      expiresAt: performance.now() + leftMs,
      abandoned: () => this.abandon(service, reply),
    });
    const reply = this.publish(call, incoming, Math.min(leftMs, silenceMs), `${Header.StreamCredit}: ${window}\r\n`);
    if (options.signal !== undefined) incoming.abortBy(options.signal);
    return incoming;
  }

  /** @returns where the reply is expected */
  private publish(call: Outgoing, pending: PendingCall, timeoutMs: number, moreHeaders = ''): string {
    const { subject, payload, deadline, options } = call;
    // A signal that is aborted already tells nobody.
    if (options.signal?.aborted === true) throw cancelled(subject);
    const headers = callHeaders({ correlationId: options.correlationId, deadline }, moreHeaders);
    const reply = replyInboxOf(this.link).expect(pending, timeoutMs);
    try {
      connectionOf(this.link).publish(subject, payload, { reply, headers });
    } catch (error) {
      pending.leave();
      throw error;
    }
    return reply;
  }

  /** Tells whoever works on a call that nobody waits for it. A word that is lost costs only that work. */
  private abandon(service: ServiceName, reply: string): void {
    if (this.link.status !== 'connected') return;
    try {
      connectionOf(this.link).publish(this.subjects.rpcCancel(service), reply);
    } catch {
      // The connection is being drained: its server will hear of nothing any more.
    }
  }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
