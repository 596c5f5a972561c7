export interface GroupCommitOptions {
  /** Longest wait of the first item for company while a writer is free. Milliseconds. */
  waitMs: number;
  /** Items in one batch at most. */
  max: number;
  /** Batches at once. */
  writers: number;
}

/**
 * Collects items into batches. A batch leaves when it is full, after what came in the same moment when nobody writes, when its first item
 * has waited `waitMs` beside a writer, or when a writer that was busy becomes free: under load the batches grow by themselves. Items of one key are never in two batches at once and keep their order.
 */
export class GroupCommit<T extends { readonly key: string }> {
  private waiting: T[] = [];
  private readonly inFlight = new Set<string>();
  private busy = 0;
  private timer: NodeJS.Timeout | undefined;
  private soon: NodeJS.Immediate | undefined;
  private idle: (() => void)[] = [];

  /** @param commit settles every item of its batch itself; must not reject */
  constructor(
    private readonly options: GroupCommitOptions,
    private readonly commit: (batch: readonly T[]) => Promise<void>,
  ) {}

  add(item: T): void {
    this.waiting.push(item);
    if (this.busy >= this.options.writers) return; // the next free writer takes it
    if (this.waiting.length >= this.options.max || this.options.waitMs <= 0) this.flush();
    else if (this.busy === 0) this.soon ??= setImmediate(() => this.flush());
    else this.timer ??= setTimeout(() => this.flush(), this.options.waitMs);
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async settled(): Promise<void> {
    this.flush();
    if (this.busy === 0 && this.waiting.length === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private flush(): void {
    clearTimeout(this.timer);
    clearImmediate(this.soon);
    this.timer = undefined;
    this.soon = undefined;
    while (this.busy < this.options.writers) {
      const batch = this.take();
      if (batch.length === 0) return;
      void this.run(batch);
    }
  }

  private take(): T[] {
    const batch: T[] = [];
    const rest: T[] = [];
    for (const item of this.waiting) {
      if (batch.length < this.options.max && !this.inFlight.has(item.key)) batch.push(item);
      else rest.push(item);
    }
    this.waiting = rest;
    for (const { key } of batch) this.inFlight.add(key);
    return batch;
  }

  private async run(batch: readonly T[]): Promise<void> {
    this.busy++;
    await this.commit(batch);
    this.busy--;
    for (const { key } of batch) this.inFlight.delete(key);
    this.flush();
    if (this.busy === 0 && this.waiting.length === 0) for (const resolve of this.idle.splice(0)) resolve();
  }
}
