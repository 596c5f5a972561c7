import { type RunEvent, RunEventType, type StoredRunEvent } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { runFailed, submitted } from '../testing/run-events.js';
import { projectChildren } from './children.js';

const stored = (...events: RunEvent[]): StoredRunEvent[] =>
  events.map((event, index) => ({ ...event, runId: 'r', sequence: index + 1, time: '2026-01-01T00:00:00.000Z', hash: '' }));
const requested = (childRunId: string, step = 'call', attempt = 1): RunEvent => ({
  type: RunEventType.ChildRequested,
  data: {
    step,
    attempt,
    childRunId,
    workflow: 'w',
    inputs: {},
    priority: 'normal',
    retry: { attempts: 1, initialMs: 0, maxMs: 0 },
  },
});
const ended = (childRunId: string): RunEvent => ({
  type: RunEventType.ChildEnded,
  data: { step: 'call', attempt: 1, childRunId, status: 'completed', output: null },
});

describe('the sub-runs of a run', () => {
  it('are rows from their request to their end', () => {
    const change = projectChildren(stored(submitted(), requested('c1'), requested('c2'), ended('c1'), ended('c0')));
    expect(change.requested).toEqual([
      { childRunId: 'c2', runId: 'r', step: 'call', attempt: 1, eventSequence: 3, notBefore: 0, priority: 'normal' },
    ]);
    expect(change.ended).toEqual(['c0']);
  });

  it('are unwanted by step when that has enough, all of them when the run ends', () => {
    const concluded: RunEvent = { type: RunEventType.StepConcluded, data: { step: 'call', reason: 'quorum' } };
    const one = projectChildren(stored(requested('c1'), requested('c2', 'other'), concluded));
    expect(one).toMatchObject({ unwantedSteps: ['call'], unwantedAll: false });
    expect(one.requested.map(({ childRunId }) => childRunId)).toEqual(['c2']);
    expect(projectChildren(stored(requested('c1'), runFailed()))).toMatchObject({ requested: [], unwantedAll: true });
  });
});
