import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SavedOutput } from './saved-output.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('what an attempt saves', () => {
  it('is reported at once, and then at most once in its time, the last of each time', async () => {
    const reported: unknown[] = [];
    using output = new SavedOutput((saved) => Promise.resolve(void reported.push(saved)), 1_000);
    output.keep(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(reported).toEqual([1]);
    output.keep(2);
    output.keep(3);
    await vi.advanceTimersByTimeAsync(999);
    expect(reported).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(reported).toEqual([1, 3]);
    output.keep(4);
    await output.flush();
    expect(reported).toEqual([1, 3, 4]);
    await output.flush();
    expect(reported).toEqual([1, 3, 4]);
  });

  it('is reported one after the other, and forgotten with the attempt', async () => {
    const reported: unknown[] = [];
    let release = (): void => undefined;
    const output = new SavedOutput((saved) => {
      reported.push(saved);
      return new Promise((resolve) => (release = resolve));
    }, 10);
    output.keep(1);
    await vi.advanceTimersByTimeAsync(10);
    output.keep(2);
    await vi.advanceTimersByTimeAsync(10);
    expect(reported).toEqual([1]);
    release();
    await vi.advanceTimersByTimeAsync(0);
    expect(reported).toEqual([1, 2]);
    output.keep(3);
    output[Symbol.dispose]();
    await vi.advanceTimersByTimeAsync(100);
    expect(reported).toEqual([1, 2]);
  });
});
