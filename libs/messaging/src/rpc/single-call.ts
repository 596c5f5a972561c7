import { Cancelled, DeadlinePassed, Forbidden, Unavailable, assertNever } from '@aet/contracts';
import type { Msg } from '@nats-io/nats-core';
import { type CallEnd, PendingCall } from './pending-calls.js';
import { readReply } from './reply-to-call.js';

/** One call that waits for its one reply. */
export class SingleCall extends PendingCall {
  /** @param abandoned told when the other side works for nobody any more */
  constructor(
    subject: string,
    private readonly resolve: (value: unknown) => void,
    private readonly reject: (error: unknown) => void,
    private readonly abandoned: () => void,
  ) {
    super(subject);
  }

  replied(message: Msg): void {
    this.leave();
    try {
      this.resolve(readReply(message, this.subject));
    } catch (error) {
      this.reject(error);
    }
  }

  protected ended(how: CallEnd): void {
    if (how.kind === 'timeout' || how.kind === 'aborted') this.abandoned();
    this.reject(endedError(how, this.subject));
  }
}

export function endedError(how: CallEnd, subject: string): Error {
  switch (how.kind) {
    case 'timeout':
      return new DeadlinePassed(`${subject} did not answer in time; it may have carried out the call`);
    case 'disconnected':
      return new Unavailable(`the connection to NATS broke while ${subject} was called; it may have carried out the call`);
    case 'denied':
      return new Forbidden(`the NATS server does not let this user call ${subject}: ${how.reason}`);
    case 'aborted':
      return cancelled(subject);
    default:
      return assertNever(how);
  }
}

export const cancelled = (subject: string): Cancelled => new Cancelled(`the caller cancelled the call of ${subject}`);
