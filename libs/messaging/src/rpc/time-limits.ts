import { type Timed, TimerWheel } from './timer-wheel.js';

/** Half a turn covers the usual timeouts: 512 × 10 ms. */
const TICK_MS = 10;
const SLOTS = 512;

/**
 * Time limits of any number of things, kept by one timer: set for the earliest, and left alone when that one ends in time,
 * so that a busy process sets a few timers by second and an idle one none. A limit is never early, and late by a tick or two.
 */
export class TimeLimits {
  private readonly wheel: TimerWheel<Timed>;
  private timer: NodeJS.Timeout | undefined;
  private wakesAt = Infinity;

  constructor() {
    this.wheel = new TimerWheel(TICK_MS, SLOTS, performance.now());
  }

  /** @param expiresAt of the monotonic clock, milliseconds */
  add(entry: Timed, expiresAt: number): void {
    this.wheel.add(entry, expiresAt);
    if (expiresAt < this.wakesAt) this.wakeAt(expiresAt);
  }

  remove(entry: Timed): void {
    this.wheel.remove(entry);
  }

  /** No timer is left behind; nothing expires any more. */
  stop(): void {
    clearTimeout(this.timer);
    this.wakesAt = Infinity;
  }

  private wakeAt(time: number): void {
    clearTimeout(this.timer);
    this.wakesAt = time;
    // A time limit never keeps a process alive: the connection does.
    this.timer = setTimeout(() => this.wake(), Math.max(time - performance.now(), 0) + TICK_MS / 2).unref();
  }

  private wake(): void {
    this.wakesAt = Infinity;
    for (const entry of this.wheel.advance(performance.now())) entry.expire();
    const next = this.wheel.nextAt();
    if (next < this.wakesAt) this.wakeAt(next);
  }
}
