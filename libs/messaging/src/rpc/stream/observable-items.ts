import { ResourceExhausted } from '@aet/contracts';
import type { Observable, Subscription } from 'rxjs';

/** An Observable cannot be told to wait: so much is kept for a reader that does not keep up. */
const MAX_KEPT = 1_024;

interface Waiter {
  resolve(result: IteratorResult<unknown>): void;
  reject(error: unknown): void;
}

/** The values of an Observable, asked for one by one. @throws {ResourceExhausted} when more than 1,024 wait to be asked for. */
export class ObservableItems implements AsyncIterableIterator<unknown> {
  private readonly kept: unknown[] = [];
  private readonly subscription: Subscription;
  private waiter: Waiter | undefined;
  private over = false;
  private failure: { error: unknown } | undefined;

  constructor(source: Observable<unknown>) {
    this.subscription = source.subscribe({
      next: (value) => this.keep(value),
      error: (error: unknown) => this.fail(error),
      complete: () => this.end(),
    });
    if (this.over) this.subscription.unsubscribe();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.kept.length > 0) return Promise.resolve({ done: false, value: this.kept.shift() });
    const { failure } = this;
    // An error is told once; after it there is nothing.
    this.failure = undefined;
    if (failure !== undefined) return rejected(failure.error);
    if (this.over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<unknown>> {
    this.kept.length = 0;
    this.subscription.unsubscribe();
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  private keep(value: unknown): void {
    const { waiter } = this;
    this.waiter = undefined;
    if (waiter !== undefined) waiter.resolve({ done: false, value });
    else if (this.kept.length < MAX_KEPT) this.kept.push(value);
    else if (!this.over) {
      // While it subscribes, the source can be in the middle of its values: the constructor unsubscribes then.
      this.fail(new ResourceExhausted(`the reader is more than ${MAX_KEPT} items behind a source that cannot wait`));
      this.subscription?.unsubscribe();
    }
  }

  private fail(error: unknown): void {
    this.over = true;
    const { waiter } = this;
    this.waiter = undefined;
    if (waiter === undefined) this.failure = { error };
    else waiter.reject(error);
  }

  private end(): void {
    this.over = true;
    const { waiter } = this;
    this.waiter = undefined;
    waiter?.resolve({ done: true, value: undefined });
  }
}

/** Whatever a source fails with goes on as it is. */
function rejected(error: unknown): Promise<never> {
  return new Promise((_resolve, reject) => {
    reject(error);
  });
}
