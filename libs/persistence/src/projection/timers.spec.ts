import { type RunEvent, RunEventType, type StoredRunEvent } from '@aet/contracts';
import { expect, it } from 'vitest';
import { runCompleted, scheduled, submitted } from '../testing/run-events.js';
import { projectMoment } from './timers.js';

const AT = '2026-01-01T00:00:00.000Z';
const stored = (...events: RunEvent[]): StoredRunEvent[] =>
  events.map((event, index) => ({ ...event, runId: 'r', sequence: index + 1, time: AT, hash: '' }));
const wait = (step: string, until?: string): RunEvent => ({
  type: RunEventType.WaitBegun,
  data: { step, ...(until === undefined ? { signal: 's' } : { until }) },
});
const LATER = '2026-01-01T00:01:00.000Z';
const LATEST = '2026-01-01T00:02:00.000Z';

it('the next moment of a run is the earliest that its events ask for', () => {
  expect(projectMoment(stored(submitted(), scheduled('a'), wait('b')))).toBeUndefined();
  expect(projectMoment(stored(submitted({ startAt: LATER })))).toEqual({ at: Date.parse(LATER), sequence: 1 });
  expect(projectMoment(stored(submitted(), wait('a', LATEST), wait('b', LATER)))).toEqual({ at: Date.parse(LATER), sequence: 3 });
  const approval: RunEvent = { type: RunEventType.ApprovalRequested, data: { step: 'c', text: '', expiresAt: LATER } };
  expect(projectMoment(stored(submitted(), approval))).toEqual({ at: Date.parse(LATER), sequence: 2 });
});

it('an ended run has none, and one that is taken up again is looked at', () => {
  expect(projectMoment(stored(submitted(), wait('a', LATER), runCompleted({})))).toBeUndefined();
  const revived: RunEvent = { type: RunEventType.Redriven, data: { by: 'x' } };
  expect(projectMoment(stored(submitted(), wait('a', LATER), runCompleted({}), revived))).toEqual({
    at: Date.parse(AT),
    sequence: 4,
  });
});
