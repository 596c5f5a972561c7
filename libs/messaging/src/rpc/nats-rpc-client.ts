import {
  Cancelled,
  DeadlinePassed,
  Forbidden,
  InternalError,
  NoResponders,
  PayloadTooLarge,
  type RpcMethod,
  Subjects,
  Unavailable,
  assertNever,
} from '@aet/contracts';
import { deadlineFrom, remainingMs } from '@aet/resilience';
import { correlation } from '@aet/telemetry';
import type { Msg } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { type CallOptions, RpcClient } from '../rpc-client.js';
import { outgoingHeaders } from './outgoing-headers.js';
import { replyInboxOf } from './reply-inbox.js';
import { errorInReply } from './service-error.js';

export interface RpcClientOptions {
  namespace: string;
  defaultTimeoutMs: number;
}

/** Of the headers of a call, at most; so much of the largest message is not for the body. Bytes. */
const HEADER_ROOM = 1_024;

/**
 * Calls over one shared inbox of the link. A call that begins while the link reconnects waits for it, within its deadline;
 * one that is in flight when the link breaks is `Unavailable` at once.
 */
export class NatsRpcClient extends RpcClient {
  private readonly subjects: Subjects;

  constructor(
    private readonly link: NatsLink,
    private readonly options: RpcClientOptions,
  ) {
    super();
    this.subjects = new Subjects(options.namespace);
  }

  async call<Req extends object, Res>(method: RpcMethod<Req, Res>, request: Req, options: CallOptions = {}): Promise<Res> {
    const subject = this.address(method, options);
    const payload = this.encode(subject, request);
    const now = Date.now();
    const deadline =
      deadlineFrom(
        now,
        options.timeoutMs ?? this.options.defaultTimeoutMs,
        earlier(options.deadline, correlation.current()?.deadline),
      ) ?? now + this.options.defaultTimeoutMs;
    this.refuseEarly(subject, deadline, now, options.signal);
    if (this.link.status !== 'connected') await whenConnected(this.link, remainingMs(deadline, now), options.signal, subject);
    const message = await this.exchange(subject, payload, deadline, options);
    return decode(message, subject) as Res;
  }

  private address(method: RpcMethod, { cell, instance }: CallOptions): string {
    if (instance !== undefined) return this.subjects.rpcAtInstance(method.service, method.method, instance);
    if (cell !== undefined) return this.subjects.rpcInCell(method.service, method.method, cell);
    return this.subjects.rpc(method.service, method.method);
  }

  private encode(subject: string, request: object): Uint8Array {
    const payload = new TextEncoder().encode(JSON.stringify(request));
    const limit = this.link.maxPayload - HEADER_ROOM;
    if (payload.length <= limit) return payload;
    throw new PayloadTooLarge(
      `the request to ${subject} has ${payload.length} bytes, the NATS server takes ${limit}: send less at once, or store it as an artifact`,
    );
  }

  private refuseEarly(subject: string, deadline: number, now: number, signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) throw cancelled(subject);
    if (remainingMs(deadline, now) <= 0) throw new DeadlinePassed(`the deadline had passed before ${subject} was called`);
  }

  private async exchange(subject: string, payload: Uint8Array, deadline: number, options: CallOptions): Promise<Msg> {
    const headers = outgoingHeaders({ correlationId: options.correlationId, deadline });
    const outcome = await replyInboxOf(this.link).await(subject, remainingMs(deadline, Date.now()), options.signal, (reply) =>
      connectionOf(this.link).publish(subject, payload, { reply, headers }),
    );
    switch (outcome.kind) {
      case 'reply':
        return outcome.message;
      case 'timeout':
        throw new DeadlinePassed(`${subject} did not answer in time; it may have carried out the call`);
      case 'disconnected':
        throw new Unavailable(`the connection to NATS broke while ${subject} was called; it may have carried out the call`);
      case 'denied':
        throw new Forbidden(`the NATS server does not let this user call ${subject}: ${outcome.reason}`);
      case 'aborted':
        throw cancelled(subject);
      default:
        return assertNever(outcome);
    }
  }
}

const earlier = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);

const cancelled = (subject: string): Cancelled => new Cancelled(`the caller cancelled the call of ${subject}`);

function decode(message: Msg, subject: string): unknown {
  if (message.headers?.code === 503 && message.data.length === 0) {
    throw new NoResponders(`nobody answers ${subject}: the service is down, not yet up, or not in that cell`);
  }
  const error = errorInReply(message, subject);
  if (error !== undefined) throw error;
  if (message.data.length === 0) return undefined;
  try {
    return message.json();
  } catch (cause) {
    throw new InternalError(`${subject} answered what is not JSON`, { cause });
  }
}
