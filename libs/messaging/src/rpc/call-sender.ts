import { Header, PayloadTooLarge, type ServiceName, Subjects } from '@aet/contracts';
import { remainingMs } from '@aet/resilience';
import { Logger } from '@nestjs/common';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { ClockOffset } from './clock-offset.js';
import { HEADER_ROOM } from './header-block.js';
import { callHeaders } from './outgoing-headers.js';
import type { PendingCall } from './pending-calls.js';
import { replyInboxOf } from './reply-inbox.js';
import { SingleCall, cancelled } from './single-call.js';
import { IncomingStream } from './stream/incoming-stream.js';

/** A call that is ready to leave. */
export interface OutgoingCall {
  service: ServiceName;
  subject: string;
  payload: Uint8Array;
  /** Unix milliseconds; undefined for a stream without one. */
  deadline: number | undefined;
  correlationId?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface StreamLimits {
  /** Items that may be on their way or wait to be taken. */
  window: number;
  /** A responder that says nothing for so long is gone. Milliseconds. */
  silenceMs: number;
}

/** Sends calls over a link that is connected, and tells whoever works on one when its caller waits no longer. */
export class CallSender {
  private readonly subjects: Subjects;
  private readonly clock = new ClockOffset();

  /** @param now unix milliseconds */
  constructor(
    private readonly link: NatsLink,
    namespace: string,
    private readonly now: () => number = Date.now,
  ) {
    this.subjects = new Subjects(namespace);
  }

  /** @throws {PayloadTooLarge} */
  encode(subject: string, request: unknown): Uint8Array {
    const payload = Buffer.from(JSON.stringify(request));
    const limit = this.link.maxPayload - HEADER_ROOM;
    if (payload.length <= limit) return payload;
    throw new PayloadTooLarge(
      `the request to ${subject} has ${payload.length} bytes, the NATS server takes ${limit}: send less at once, or store it as an artifact`,
    );
  }

  /** Calls back once. @throws {Cancelled} */
  send(call: OutgoingCall, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    this.sendOnce(call, resolve, (error) => {
      if (this.mayGoAgain(call, error)) this.sendOnce(call, resolve, reject);
      else reject(error);
    });
  }

  private sendOnce(call: OutgoingCall, resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    const pending = new SingleCall(call.subject, resolve, reject, () => this.abandon(call.service, reply));
    const reply = this.publish(call, pending, remainingMs(call.deadline, this.now()));
    if (call.signal !== undefined) pending.abortBy(call.signal);
  }

  /** A call that was refused because the clock here is behind, and that can still be sent. */
  private mayGoAgain({ subject, deadline, signal }: OutgoingCall, error: unknown): boolean {
    const before = this.clock.behindMs;
    if (!this.clock.explains(error, deadline, this.now())) return false;
    if (before === 0) {
      const seconds = Math.round(this.clock.behindMs / 100) / 10;
      new Logger(CallSender.name).warn(
        `the clock of this host is ${seconds} s behind that of whoever answers ${subject}: deadlines are corrected, calls go on; set the clocks right`,
      );
    }
    return signal?.aborted !== true && this.link.status === 'connected';
  }

  /** @throws {Cancelled} */
  open(call: OutgoingCall, { window, silenceMs }: StreamLimits): IncomingStream {
    const leftMs = remainingMs(call.deadline, this.now());
    const incoming = new IncomingStream(call.subject, connectionOf(this.link), {
      window,
      silenceMs,
      expiresAt: performance.now() + leftMs,
      abandoned: () => this.abandon(call.service, reply),
    });
    const reply = this.publish(call, incoming, Math.min(leftMs, silenceMs), `${Header.StreamCredit}: ${window}\r\n`);
    if (call.signal !== undefined) incoming.abortBy(call.signal);
    return incoming;
  }

  /** Nobody answers; nobody knows whether it was heard. */
  tell(subject: string, payload: Uint8Array): void {
    connectionOf(this.link).publish(subject, payload, {
      headers: callHeaders({}),
    });
  }

  /** @returns where the reply is expected */
  private publish(call: OutgoingCall, pending: PendingCall, timeoutMs: number, moreHeaders = ''): string {
    // A signal that is aborted already tells nobody.
    if (call.signal?.aborted === true) throw cancelled(call.subject);
    const headers = callHeaders(this.onTheirClock(call), moreHeaders);
    const reply = replyInboxOf(this.link).expect(pending, timeoutMs);
    try {
      connectionOf(this.link).publish(call.subject, call.payload, { reply, headers });
    } catch (error) {
      pending.leave();
      throw error;
    }
    return reply;
  }

  private onTheirClock(call: OutgoingCall): OutgoingCall {
    const { behindMs } = this.clock;
    return behindMs === 0 || call.deadline === undefined ? call : { ...call, deadline: call.deadline + behindMs };
  }

  /** A word that is lost costs only the work that it would have stopped. */
  private abandon(service: ServiceName, reply: string): void {
    if (this.link.status !== 'connected') return;
    try {
      connectionOf(this.link).publish(this.subjects.rpcCancel(service), reply);
    } catch {
      // The connection is being drained: its server will hear of nothing any more.
    }
  }
}
