import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackgroundLoop } from './background-loop.js';
import { OrderedDrain } from './drain.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function looping(round: () => Promise<number>) {
  const errors: unknown[] = [];
  const drain = new OrderedDrain();
  const loop = new BackgroundLoop({ round, againMs: 50, onError: (error) => errors.push(error) });
  loop.start(drain);
  const end = () => drain.run({ before: [], between: [], after: [] }, () => undefined);
  return { loop, errors, end };
}

describe('a background loop', () => {
  it('goes on after the time that a round gives, and after one that failed', async () => {
    const round = vi.fn<() => Promise<number>>().mockRejectedValueOnce(new Error('no')).mockResolvedValue(100);
    const { errors, end } = looping(round);
    await vi.advanceTimersByTimeAsync(49);
    expect([round.mock.calls.length, errors.length]).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(round).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(99);
    expect(round).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(round).toHaveBeenCalledTimes(3);
    await end();
  });

  it('can be woken sooner, never later, also while a round goes on', async () => {
    let endRound = (): void => undefined;
    const round = vi.fn(() => new Promise<number>((resolve) => (endRound = () => resolve(1_000))));
    const { loop, end } = looping(round);
    endRound();
    await vi.advanceTimersByTimeAsync(10);
    loop.wakeWithin(5_000);
    loop.wakeWithin(20);
    await vi.advanceTimersByTimeAsync(20);
    expect(round).toHaveBeenCalledTimes(2);
    loop.wakeWithin(0);
    endRound();
    await vi.advanceTimersByTimeAsync(1);
    expect(round).toHaveBeenCalledTimes(3);
    endRound();
    await end();
  });

  it('ends with the drain, which waits for the round in hand', async () => {
    let endRound = (): void => undefined;
    const { end } = looping(() => new Promise<number>((resolve) => (endRound = () => resolve(0))));
    let ended = false;
    const ending = end().then(() => (ended = true));
    await vi.advanceTimersByTimeAsync(1);
    expect(ended).toBe(false);
    endRound();
    await ending;
    expect(ended).toBe(true);
  });
});
