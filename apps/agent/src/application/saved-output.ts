/** An attempt's saves are reported so often at most; in between only the last one counts. Milliseconds. */
const EVERY_MS = 1_000;

/** Reports what an attempt has so far: one report at a time, in order, and the last one before its end. */
export class SavedOutput implements Disposable {
  private waiting: { saved: unknown } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  private sentAt = -Infinity;

  /** @param report must not reject */
  constructor(
    private readonly report: (saved: unknown) => Promise<void>,
    private readonly everyMs = EVERY_MS,
  ) {}

  keep(saved: unknown): void {
    this.waiting = { saved };
    const wait = this.sentAt + this.everyMs - performance.now();
    if (wait <= 0) this.send();
    else this.timer ??= setTimeout(() => this.send(), wait);
  }

  /** Resolves when the last one was reported. */
  async flush(): Promise<void> {
    this.send();
    await this.sending;
  }

  /** What was not reported yet is forgotten. */
  [Symbol.dispose](): void {
    clearTimeout(this.timer);
    this.waiting = undefined;
  }

  private send(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    this.sentAt = performance.now();
    this.sending = this.sending.then(() => this.report(waiting.saved));
  }
}
