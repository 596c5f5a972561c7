/** Something with a time limit. Its place in a wheel is kept in itself, so that adding and removing allocate nothing. */
export abstract class Timed {
  /** The tick at which it expires; -1 outside of a wheel. Written by the wheel only, as the two below. */
  tick = -1;
  before: Timed | undefined;
  after: Timed | undefined;

  /** Called once, when the time is over, after the wheel has let go of it. */
  abstract expire(): void;
}

/**
 * Time limits by slot: adding and removing cost the same for one and for a million, and only the slots that time has passed are looked at.
 * Nothing expires early, and nothing later than one tick. What is due after more than a turn of the wheel is passed over once a turn.
 * Pure: whoever owns it brings the time, in milliseconds of one clock, and calls `advance`.
 * Source: Varghese and Lauck, "Hashed and hierarchical timing wheels", 1987, scheme 6.
 */
export class TimerWheel<T extends Timed> {
  private readonly slots: (Timed | undefined)[];
  /** Every tick up to this one has been looked at. */
  private passed: number;
  private count = 0;

  constructor(
    private readonly tickMs: number,
    slots: number,
    now: number,
  ) {
    this.slots = Array.from({ length: slots }, () => undefined);
    this.passed = Math.floor(now / tickMs);
  }

  get size(): number {
    return this.count;
  }

  add(entry: T, expiresAt: number): void {
    // A time that has passed expires at the next advance.
    entry.tick = Math.max(Math.ceil(expiresAt / this.tickMs), this.passed + 1);
    const slot = entry.tick % this.slots.length;
    const first = this.slots[slot];
    entry.before = undefined;
    entry.after = first;
    if (first !== undefined) first.before = entry;
    this.slots[slot] = entry;
    this.count += 1;
  }

  /** Nothing happens when it is in no wheel any more. */
  remove(entry: T): void {
    if (entry.tick === -1) return;
    if (entry.before === undefined) this.slots[entry.tick % this.slots.length] = entry.after;
    else entry.before.after = entry.after;
    if (entry.after !== undefined) entry.after.before = entry.before;
    entry.tick = -1;
    entry.before = undefined;
    entry.after = undefined;
    this.count -= 1;
  }

  /** Lets go of all that is due at `now`, and returns it. */
  advance(now: number): T[] {
    const until = Math.floor(now / this.tickMs);
    const due: T[] = [];
    const turn = Math.min(until - this.passed, this.slots.length);
    for (let step = 1; step <= turn; step++) this.collect((this.passed + step) % this.slots.length, until, due);
    this.passed = Math.max(this.passed, until);
    return due;
  }

  /** When to advance next: nothing is due before. Milliseconds; Infinity when it is empty. */
  nextAt(): number {
    if (this.count === 0) return Infinity;
    for (let step = 1; step <= this.slots.length; step++) {
      const tick = this.passed + step;
      if (this.slots[tick % this.slots.length] !== undefined) return tick * this.tickMs;
    }
    return Infinity;
  }

  private collect(slot: number, until: number, due: T[]): void {
    let entry = this.slots[slot] as T | undefined;
    while (entry !== undefined) {
      const next = entry.after as T | undefined;
      if (entry.tick <= until) {
        this.remove(entry);
        due.push(entry);
      }
      entry = next;
    }
  }
}
