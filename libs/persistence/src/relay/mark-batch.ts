import { retrying } from '@aet/resilience';

export interface MarkBatchOptions<T> {
  /** A mark waits this long for company, and for being settled: twice as long at most. Milliseconds. */
  waitMs: number;
  /** Marks in one statement at most. */
  max: number;
  /** Marks kept while the database is away; the oldest go first. */
  capacity: number;
  /** What a mark is about. */
  key: (mark: T) => string;
  /** One mark of two with one key; undefined: both are needed. Default: the later. */
  merge?: (before: T, mark: T) => T | undefined;
  onRetry: (error: unknown, waitMs: number) => void;
}

/**
 * Writes marks in batches, late. A lost mark costs a repetition, which the server drops by its id: so they are few statements, not safe ones.
 * What is over before its mark was written needs none.
 */
export class MarkBatch<T> {
  private young = new Map<string, T>();
  /** Have waited their time; go with the next write. */
  private old = new Map<string, T>();
  private apart = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private readonly stopped = new AbortController();

  constructor(
    private readonly write: (marks: readonly T[]) => Promise<void>,
    private readonly options: MarkBatchOptions<T>,
  ) {}

  add(mark: T): void {
    const { key: keyOf, merge = (_: T, later: T) => later } = this.options;
    const key = keyOf(mark);
    // What was to be written soon stays so: a mark that is made again and again must be written too.
    const place = this.old.has(key) ? this.old : this.young;
    const before = place.get(key);
    const merged = before === undefined ? mark : merge(before, mark);
    place.set(merged === undefined ? `${key} ${++this.apart}` : key, merged ?? mark);
    if (this.young.size + this.old.size > this.options.capacity) this.dropOldest();
    this.schedule();
  }

  /** Whether a mark for it waits to be written. */
  has(key: string): boolean {
    return this.young.has(key) || this.old.has(key);
  }

  /** It needs no mark any more. */
  drop(key: string): void {
    if (!this.young.delete(key)) this.old.delete(key);
  }

  /** Tries once more to write what is left. */
  async stop(): Promise<void> {
    this.stopped.abort();
    clearTimeout(this.timer);
    await this.writing;
    for (const [key, mark] of this.young) this.old.set(key, mark);
    this.young.clear();
    await this.drain();
  }

  private dropOldest(): void {
    const [oldest] = this.old.size > 0 ? this.old.keys() : this.young.keys();
    if (oldest !== undefined) this.drop(oldest);
  }

  private schedule(): void {
    if (this.timer !== undefined || this.writing !== undefined || this.stopped.signal.aborted) return;
    this.timer = setTimeout(() => this.age(), this.options.waitMs);
  }

  private age(): void {
    this.timer = undefined;
    this.writing = this.drain().finally(() => {
      this.writing = undefined;
      if (this.stopped.signal.aborted) return;
      for (const [key, mark] of this.young) this.old.set(key, mark);
      this.young = new Map();
      if (this.old.size > 0) this.schedule();
    });
  }

  private takeOld(): T[] {
    const batch: T[] = [];
    for (const [key, mark] of this.old) {
      if (batch.length === this.options.max) break;
      batch.push(mark);
      this.old.delete(key);
    }
    return batch;
  }

  private async drain(): Promise<void> {
    while (this.old.size > 0) {
      const batch = this.takeOld();
      await retrying(() => this.write(batch), {
        initialMs: 100,
        maxMs: 5_000,
        signal: this.stopped.signal,
        onRetry: (error, _attempt, waitMs) => this.options.onRetry(error, waitMs),
      }).catch(() => undefined); // going down: the sweeper of the next start repeats it
    }
  }
}
