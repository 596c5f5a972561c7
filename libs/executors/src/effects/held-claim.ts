/** Timers of Node take no more. Milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A claim that is renewed while the effect is being done. Its signal is aborted a little before the claim could be another's, by the monotonic
 * clock of this process: a process that was held up finds itself stopped before it goes on.
 */
export class HeldClaim implements Disposable {
  private readonly lost = new AbortController();
  private readonly timers = new Set<NodeJS.Timeout>();
  private until = 0;
  private over = false;

  /** @param askedAt by the monotonic clock, when the claim was asked for: it is held from later on. Milliseconds. */
  constructor(
    private readonly renew: () => Promise<boolean>,
    private readonly holdMs: number,
    askedAt: number,
  ) {
    this.extend(askedAt);
    this.after(holdMs / 3, () => void this.again());
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }

  [Symbol.dispose](): void {
    this.over = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  private extend(askedAt: number): void {
    this.until = askedAt + this.holdMs * 0.9;
    this.watch(this.until);
  }

  /** Gives up at `until`, unless it was extended meanwhile. */
  private watch(until: number): void {
    // Never 0: a timer may end a moment before the clock says so, and is then set anew.
    this.after(Math.max(1, until - performance.now()), () => {
      if (until < this.until) return;
      if (performance.now() < until) this.watch(until);
      else this.give();
    });
  }

  private async again(): Promise<void> {
    const askedAt = performance.now();
    const held = await this.renew().catch(() => undefined);
    if (this.over) return;
    if (held === false) return this.give();
    if (held === true) this.extend(askedAt);
    this.after(this.holdMs / 3, () => void this.again());
  }

  private give(): void {
    this[Symbol.dispose]();
    this.lost.abort();
  }

  private after(ms: number, act: () => void): void {
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        act();
      },
      Math.min(Math.ceil(ms), LONGEST_TIMER_MS),
    );
    this.timers.add(timer);
  }
}
