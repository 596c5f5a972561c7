import { DeadlinePassed, PayloadTooLarge, type RpcMethod, type ServiceName, Subjects } from '@aet/contracts';
import { deadlineFrom, remainingMs } from '@aet/resilience';
import { correlation } from '@aet/telemetry';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { type CallOptions, RpcClient } from '../rpc-client.js';
import { callHeaders } from './outgoing-headers.js';
import { replyInboxOf } from './reply-inbox.js';
import { SingleCall, cancelled } from './single-call.js';

export interface RpcClientOptions {
  namespace: string;
  defaultTimeoutMs: number;
}

/** Of the headers of a call, at most; so much of the largest message is not for the body. Bytes. */
const HEADER_ROOM = 1_024;

/** A call that is ready to leave. */
interface Outgoing {
  service: ServiceName;
  subject: string;
  payload: Uint8Array;
  /** Unix milliseconds. */
  deadline: number;
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
      const call = this.prepare(method, request, options);
      if (this.link.status === 'connected') this.send(call, resolve as (value: unknown) => void, reject);
      else this.sendWhenConnected(call, resolve as (value: unknown) => void, reject);
    });
  }

  private prepare(method: RpcMethod, request: object, options: CallOptions): Outgoing {
    const subject = this.address(method, options);
    const payload = this.encode(subject, request);
    const now = Date.now();
    const inherited = earlier(options.deadline, correlation.current()?.deadline);
    const timeoutMs = options.timeoutMs ?? this.options.defaultTimeoutMs;
    const deadline = deadlineFrom(now, timeoutMs, inherited) ?? now + this.options.defaultTimeoutMs;
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
    const { service, subject, payload, deadline, options } = call;
    // A signal that is aborted already tells nobody.
    if (options.signal?.aborted === true) throw cancelled(subject);
    const pending = new SingleCall(subject, resolve, reject, () => this.abandon(service, reply));
    const headers = callHeaders({ correlationId: options.correlationId, deadline });
    const reply = replyInboxOf(this.link).expect(pending, remainingMs(deadline, Date.now()));
    if (options.signal !== undefined) pending.abortBy(options.signal);
    try {
      connectionOf(this.link).publish(subject, payload, { reply, headers });
    } catch (error) {
      pending.leave();
      throw error;
    }
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
