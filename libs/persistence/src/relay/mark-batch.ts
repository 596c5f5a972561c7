import { retrying } from '@aet/resilience';

export interface MarkBatchOptions {
  /** Longest wait of the first mark for company. Milliseconds. */
  waitMs: number;
  max: number;
  /** Marks kept while the database is away; the oldest go first. */
  capacity: number;
  onRetry: (error: unknown, waitMs: number) => void;
}

/** Writes marks in batches. A lost mark costs a repetition, which the server drops by its id: so they are few statements, not safe ones. */
export class MarkBatch<T> {
  private marks: T[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private readonly stopped = new AbortController();

  constructor(
    private readonly write: (marks: readonly T[]) => Promise<void>,
    private readonly options: MarkBatchOptions,
  ) {}

  add(mark: T): void {
    this.marks.push(mark);
    if (this.marks.length > this.options.capacity) this.marks.shift();
    if (this.writing !== undefined) return; // who writes looks again when it is done
    if (this.marks.length >= this.options.max) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), this.options.waitMs);
  }

  /** Tries once more to write what is left. */
  async stop(): Promise<void> {
    this.stopped.abort();
    this.flush();
    while (this.writing !== undefined) await this.writing;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.writing !== undefined || this.marks.length === 0) return;
    this.writing = this.drain().finally(() => (this.writing = undefined));
  }

  private async drain(): Promise<void> {
    while (this.marks.length > 0) {
      const batch = this.marks.splice(0, this.options.max);
      await retrying(() => this.write(batch), {
        initialMs: 100,
        maxMs: 5_000,
        signal: this.stopped.signal,
        onRetry: (error, _attempt, waitMs) => this.options.onRetry(error, waitMs),
      }).catch(() => undefined); // going down: the sweeper of the next start repeats it
    }
  }
}
