import type { TaskMessage } from '@aet/contracts';
import { expect, it } from 'vitest';
import { outcomeOfLongWaiting } from './long-waiting.js';

const task = { scheduledAt: '2026-01-01T00:00:00.000Z', cell: 'a' } as TaskMessage;
const now = new Date('2026-01-01T00:01:00.000Z');
const saying = (state: 'open' | 'finished' | 'superseded' | 'unknown') => ({ stateOf: () => Promise.resolve(state) });

it('does a task that waited long only when its owner still wants it', async () => {
  expect(await outcomeOfLongWaiting(saying('open'), task, now)).toBeUndefined();
  expect(await outcomeOfLongWaiting(saying('superseded'), task, now)).toEqual({ kind: 'done' });
  expect(await outcomeOfLongWaiting(saying('finished'), task, now)).toEqual({ kind: 'done' });
});

it('gives it back while nobody answers', async () => {
  expect(await outcomeOfLongWaiting(saying('unknown'), task, now)).toMatchObject({ kind: 'retry', afterMs: 1_000 });
});

it('asks for no task that came soon', async () => {
  const asked = { stateOf: () => Promise.reject(new Error('nobody is to be asked')) };
  expect(await outcomeOfLongWaiting(asked, task, new Date('2026-01-01T00:00:05.000Z'))).toBeUndefined();
});
