import type { RunEvent } from '@aet/contracts';
import { expect, it } from 'vitest';
import { runCompleted, submitted } from '../testing/run-events.js';
import { appendRequest, decideBatch } from './append-batch.js';

const relaxedRun = submitted({ durability: 'relaxed' });
const checkpoint: RunEvent = { type: 'checkpoint.reached', data: { step: 'c', data: null } };
const decided = (...appends: RunEvent[][]): boolean =>
  decideBatch(
    appends.map((events, index) => appendRequest(`run-${index}`, 0, events)),
    new Map(),
    new Map(),
    '2026-01-01T00:00:00.000Z',
  ).relaxed;

it('leaves the flush out only when no run of the batch needs it', () => {
  expect(decided([relaxedRun], [relaxedRun, runCompleted()])).toBe(true);
  expect(decided([relaxedRun], [submitted()])).toBe(false);
});

it('flushes a checkpoint, of a relaxed run as well', () => {
  expect(decided([relaxedRun, checkpoint])).toBe(false);
  expect(decided([relaxedRun], [relaxedRun, checkpoint, runCompleted()])).toBe(false);
});
