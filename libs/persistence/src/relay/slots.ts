/** Runs at most `limit` jobs at once, the others in the order in which they came. A job must not reject. */
export class Slots {
  private readonly waiting: (() => Promise<void>)[] = [];
  private active = 0;
  private idle: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.active + this.waiting.length;
  }

  add(job: () => Promise<void>): void {
    this.waiting.push(job);
    this.next();
  }

  /** Resolves when nothing runs or waits. */
  async settled(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private next(): void {
    while (this.active < this.limit) {
      const job = this.waiting.shift();
      if (job === undefined) break;
      this.active++;
      void job().finally(() => {
        this.active--;
        this.next();
      });
    }
    if (this.size === 0) for (const resolve of this.idle.splice(0)) resolve();
  }
}
