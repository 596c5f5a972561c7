import { Observable, Subject, concat, of, range, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ObservableItems } from './observable-items.js';

async function read(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('the values of an Observable', () => {
  it('are given in order, whether they came before they were asked for or after', async () => {
    expect(await read(new ObservableItems(range(1, 100)))).toHaveLength(100);
    const source = new Subject<number>();
    const reading = read(new ObservableItems(source));
    for (const value of [1, 2, 3]) source.next(value);
    source.complete();
    expect(await reading).toEqual([1, 2, 3]);
  });

  it('end with the error of the source, behind what came before it, and then with nothing', async () => {
    const items = new ObservableItems(
      concat(
        of(1, 2),
        throwError(() => new Error('over')),
      ),
    );
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await items.next()).toEqual({ done: false, value: 2 });
    await expect(items.next()).rejects.toThrow('over');
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it('are not waited for any more by whoever leaves, and the source hears of it', async () => {
    let subscribed = true;
    const items = new ObservableItems(new Observable(() => () => (subscribed = false)));
    const waiting = items.next();
    await items.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(subscribed).toBe(false);
  });

  it('are kept up to a bound; a source that goes on is left, even in the middle of its subscription', async () => {
    let made = 0;
    const source = new Observable<number>((subscriber) => {
      while (made < 5_000 && !subscriber.closed) subscriber.next((made += 1));
    });
    await expect(read(new ObservableItems(source))).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    const late = new Subject<number>();
    const items = new ObservableItems(late);
    for (let value = 0; value < 2_000; value++) late.next(value);
    expect(late.observed).toBe(false);
    await expect(read(items)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });
});
