import type { Msg } from '@nats-io/nats-core';
import { TimeLimits } from './time-limits.js';
import { Timed } from './timer-wheel.js';

/** How a call can end without a reply. */
export type CallEnd = { kind: 'timeout' } | { kind: 'disconnected' } | { kind: 'aborted' } | { kind: 'denied'; reason: string };

/** Something that waits for one reply, or for many. It is told once how it ended, if not by a reply. */
export abstract class PendingCall extends Timed {
  /** Names it within the inbox. Written by the inbox only. */
  token = '';
  calls: PendingCalls | undefined;

  private stopListening: (() => void) | undefined;

  constructor(readonly subject: string) {
    super();
  }

  /** It ends as `aborted` when the signal says so. */
  abortBy(signal: AbortSignal): void {
    const abort = (): void => this.end({ kind: 'aborted' });
    signal.addEventListener('abort', abort, { once: true });
    this.stopListening = () => signal.removeEventListener('abort', abort);
  }

  abstract replied(message: Msg): void;
  /** Called once, after it has left. */
  protected abstract ended(how: CallEnd): void;

  /** No reply reaches it any more; one that still comes is dropped. */
  leave(): void {
    this.calls?.remove(this);
    this.stopListening?.();
  }

  end(how: CallEnd): void {
    this.leave();
    this.ended(how);
  }

  override expire(): void {
    this.end({ kind: 'timeout' });
  }
}

/** Calls that wait, by token, each with its time limit. */
export class PendingCalls {
  private readonly waiting = new Map<string, PendingCall>();
  private readonly limits = new TimeLimits();

  get size(): number {
    return this.waiting.size;
  }

  /** @param expiresAt of the monotonic clock; Infinity for none */
  add(token: string, call: PendingCall, expiresAt: number): void {
    call.token = token;
    call.calls = this;
    this.waiting.set(token, call);
    if (expiresAt !== Infinity) this.limits.add(call, expiresAt);
  }

  remove(call: PendingCall): void {
    this.waiting.delete(call.token);
    this.limits.remove(call);
  }

  /** A new limit in place of the one before. */
  limit(call: PendingCall, expiresAt: number): void {
    this.limits.remove(call);
    if (this.waiting.has(call.token)) this.limits.add(call, expiresAt);
  }

  get(token: string): PendingCall | undefined {
    return this.waiting.get(token);
  }

  /** Nothing will wait here any more. */
  close(): void {
    this.limits.stop();
  }

  endAll(how: CallEnd, matches: (call: PendingCall) => boolean = () => true): void {
    for (const call of this.waiting.values()) {
      if (matches(call)) call.end(how);
    }
  }
}
