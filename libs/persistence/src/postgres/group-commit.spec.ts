import { describe, expect, it, vi } from 'vitest';
import { GroupCommit } from './group-commit.js';

interface Item {
  key: string;
  n: number;
}

/** A commit that the test ends when it wants. */
function held(options: { waitMs: number; max: number; writers: number }) {
  const batches: { items: number[]; end: () => void }[] = [];
  const group = new GroupCommit<Item>(options, async (batch) => {
    await new Promise<void>((resolve) => batches.push({ items: batch.map(({ n }) => n), end: resolve }));
  });
  return { group, batches, add: (n: number, key = `k${n}`) => group.add({ key, n }) };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('group commit', () => {
  it('takes what comes in the same moment, when nobody writes', async () => {
    const { batches, add } = held({ waitMs: 60_000, max: 10, writers: 2 });
    add(1);
    add(2);
    expect(batches).toEqual([]);
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([[1, 2]]);
    batches[0]?.end();
  });

  it('waits for company beside a writer, no longer than it may', () => {
    vi.useFakeTimers();
    try {
      const { batches, add } = held({ waitMs: 2, max: 10, writers: 2 });
      add(1);
      vi.advanceTimersByTime(0);
      add(2);
      vi.advanceTimersByTime(1);
      add(3);
      expect(batches.map(({ items }) => items)).toEqual([[1]]);
      vi.advanceTimersByTime(1);
      expect(batches.map(({ items }) => items)).toEqual([[1], [2, 3]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves at once when it is full, and grows while the writer is busy', async () => {
    const { batches, add } = held({ waitMs: 1_000, max: 3, writers: 1 });
    for (const n of [1, 2, 3, 4, 5, 6, 7]) add(n);
    expect(batches.map(({ items }) => items)).toEqual([[1, 2, 3]]);
    batches[0]?.end();
    await turn();
    expect(batches[1]?.items).toEqual([4, 5, 6]);
    batches[1]?.end();
    await turn();
    expect(batches[2]?.items).toEqual([7]);
    batches[2]?.end();
  });

  it('never has one key in two batches at once, and keeps its order', async () => {
    const { batches, add } = held({ waitMs: 0, max: 10, writers: 2 });
    add(1, 'run');
    add(2, 'run');
    add(3, 'other');
    expect(batches.map(({ items }) => items)).toEqual([[1], [3]]);
    batches[1]?.end();
    await turn();
    expect(batches).toHaveLength(2);
    batches[0]?.end();
    await turn();
    expect(batches[2]?.items).toEqual([2]);
    batches[2]?.end();
  });

  it('settles when all is written', async () => {
    const { group, batches, add } = held({ waitMs: 1_000, max: 10, writers: 1 });
    add(1);
    let settled = false;
    const done = group.settled().then(() => (settled = true));
    await turn();
    expect([batches.length, settled]).toEqual([1, false]);
    batches[0]?.end();
    await done;
    expect(settled).toBe(true);
  });
});
