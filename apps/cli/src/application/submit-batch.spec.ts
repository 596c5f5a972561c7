import { type RunsAccepted, type SubmitRun, ValidationFailed } from '@aet/contracts';
import { expect, it, vi } from 'vitest';
import type { Wish } from '../domain/batch-line.js';
import { type LineEnd, submitBatch } from './submit-batch.js';

const wish = (line: number, workflow = 'review'): Wish => ({ line, bytes: 10, run: { workflow, idempotencyKey: `k${line}` } });
const accepted = (run: SubmitRun): RunsAccepted['results'][number] => ({
  accepted: { runId: `run of ${run.idempotencyKey}`, correlationId: 'c', cell: 'c', existing: false },
});
async function* from(wishes: Iterable<Wish>): AsyncIterable<Wish> {
  yield* wishes;
}
const collected = (ends: LineEnd[], signal = new AbortController().signal) => ({
  onEnds: (some: readonly LineEnd[]) => void ends.push(...some),
  onWait: vi.fn<() => void>(),
  signal,
});

it('submits all lines in requests of many, and reports those that are wrong', async () => {
  const ends: LineEnd[] = [];
  const sizes: number[] = [];
  const bad: Wish = { line: 2, error: { code: 'VALIDATION_FAILED', message: 'is not JSON', retryable: false } };
  const wishes = [wish(1), bad, ...Array.from({ length: 450 }, (_, index) => wish(index + 3))];
  await submitBatch(from(wishes), {
    ...collected(ends),
    submitMany: async (runs) => {
      sizes.push(runs.length);
      return { results: runs.map(accepted) };
    },
  });
  expect(sizes).toEqual([200, 200, 51]);
  expect(ends.map(({ line }) => line).toSorted((a, b) => a - b)).toEqual(wishes.map(({ line }) => line));
});

it('goes on without the lines that a request is refused for', async () => {
  const ends: LineEnd[] = [];
  await submitBatch(from([wish(1), wish(2, 'wrong'), wish(3)]), {
    ...collected(ends),
    submitMany: async (runs) => {
      const index = runs.findIndex(({ workflow }) => workflow === 'wrong');
      if (index >= 0)
        throw new ValidationFailed('no', [{ path: `runs.${index}.workflow`, rule: 'x', message: 'workflow is wrong' }]);
      return { results: runs.map(accepted) };
    },
  });
  expect(ends).toMatchObject([{ line: 2, error: { message: 'workflow is wrong' } }, { line: 1 }, { line: 3 }]);
});

it('asks again for what there was no room for, and for nothing else', async () => {
  const ends: LineEnd[] = [];
  const asked: string[][] = [];
  const parts = collected(ends);
  await submitBatch(from([wish(1), wish(2)]), {
    ...parts,
    submitMany: async (runs) => {
      asked.push(runs.map(({ idempotencyKey = '' }) => idempotencyKey));
      const full = { error: { code: 'RESOURCE_EXHAUSTED', message: 'full', retryable: true } };
      return { results: runs.map((run) => (asked.length === 1 && run.idempotencyKey === 'k2' ? full : accepted(run))) };
    },
  });
  expect(asked).toEqual([['k1', 'k2'], ['k2']]);
  expect(ends.map(({ line }) => line)).toEqual([1, 2]);
  expect(parts.onWait).toHaveBeenCalledOnce();
});

it('stops when it is told to, between two requests', async () => {
  const stop = new AbortController();
  const ends: LineEnd[] = [];
  await submitBatch(from(Array.from({ length: 1_000 }, (_, index) => wish(index))), {
    ...collected(ends, stop.signal),
    submitMany: async (runs) => {
      stop.abort();
      return { results: runs.map(accepted) };
    },
  });
  expect(ends).toHaveLength(200);
});
