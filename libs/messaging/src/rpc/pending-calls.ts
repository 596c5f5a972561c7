import type { Msg } from '@nats-io/nats-core';

export interface PendingCall {
  subject: string;
  /** On the monotonic clock, in milliseconds. */
  expiresAt: number;
  settle(outcome: CallOutcome): void;
}

export type CallOutcome =
  { kind: 'reply'; message: Msg } | { kind: 'timeout' } | { kind: 'disconnected' } | { kind: 'denied'; reason: string };

/** A timeout may be this late: calls that expire close together share one wake-up. Milliseconds. */
const COARSENESS_MS = 5;

/**
 * Calls that wait for a reply, by token. One timer for all of them: it is set for the earliest expiry, and left alone when a call
 * that it was set for is answered, so that a busy client sets no timer per call.
 */
export class PendingCalls {
  private readonly calls = new Map<string, PendingCall>();
  private timer: NodeJS.Timeout | undefined;
  private wakesAt = Infinity;

  constructor(private readonly now: () => number) {}

  get size(): number {
    return this.calls.size;
  }

  add(token: string, call: PendingCall): void {
    this.calls.set(token, call);
    if (call.expiresAt < this.wakesAt) this.wakeAt(call.expiresAt);
  }

  /** The call is over for its caller; a reply that still comes is dropped. */
  remove(token: string): void {
    this.calls.delete(token);
  }

  settle(token: string, outcome: CallOutcome): void {
    const call = this.calls.get(token);
    this.calls.delete(token);
    call?.settle(outcome);
  }

  settleWhere(matches: (call: PendingCall) => boolean, outcome: CallOutcome): void {
    for (const [token, call] of this.calls) if (matches(call)) this.settle(token, outcome);
  }

  private wakeAt(time: number): void {
    clearTimeout(this.timer);
    this.wakesAt = time;
    // A pending call never keeps a process alive: its connection does.
    this.timer = setTimeout(() => this.sweep(), Math.max(time - this.now(), 0) + COARSENESS_MS).unref();
  }

  private sweep(): void {
    const now = this.now();
    this.wakesAt = Infinity;
    this.settleWhere(({ expiresAt }) => expiresAt <= now, { kind: 'timeout' });
    let earliest = Infinity;
    for (const { expiresAt } of this.calls.values()) earliest = Math.min(earliest, expiresAt);
    if (earliest < this.wakesAt) this.wakeAt(earliest);
  }
}
