import type { RunEvent, StoredRunEvent } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { completed, failed, runFailed, scheduled, submitted } from '../testing/run-events.js';
import { projectDispatch } from './dispatch.js';

const stored = (...events: RunEvent[]): StoredRunEvent[] =>
  events.map((event, index) => ({ ...event, runId: 'r', sequence: index + 1, time: '2026-01-01T00:00:00.000Z', hash: '' }));

describe('the projection of open dispatches', () => {
  it('opens what is scheduled, with its time', () => {
    const { opened } = projectDispatch(
      stored(submitted(), scheduled('a', 2, { item: 0, notBefore: '2026-01-01T00:01:00.000Z' })),
    );
    expect(opened).toEqual([
      {
        runId: 'r',
        step: 'a',
        item: 0,
        attempt: 2,
        eventSequence: 2,
        capability: 'secret-scan',
        priority: 'normal',
        notBefore: Date.UTC(2026, 0, 1, 0, 1),
        scheduledAt: Date.UTC(2026, 0, 1),
      },
    ]);
  });

  it('closes an attempt and leaves its neighbours', () => {
    const change = projectDispatch(
      stored(scheduled('a'), scheduled('a', 2), scheduled('a', 1, { item: 1 }), failed('a'), completed('x')),
    );
    expect(change.opened.map(({ attempt, item }) => [attempt, item])).toEqual([
      [2, undefined],
      [1, 1],
    ]);
    expect(change.closed).toEqual([
      { runId: 'r', step: 'a', attempt: 1 },
      { runId: 'r', step: 'x', attempt: 1 },
    ]);
  });

  it('closes all with the run, and opens none after', () => {
    expect(projectDispatch(stored(scheduled('a'), runFailed(), scheduled('b')))).toEqual({
      opened: [],
      closed: [],
      closedAll: true,
    });
    expect(projectDispatch(stored(scheduled('b')), true)).toEqual({ opened: [], closed: [], closedAll: false });
  });

  it('closes what a step that has enough, or a run that undoes what it did, does not want any more', () => {
    const concluded: RunEvent = { type: 'step.concluded', data: { step: 'a', reason: 'quorum' } };
    const one = projectDispatch(stored(scheduled('a', 1, { item: 1 }), completed('a', 1, 0), concluded, scheduled('b')));
    expect(one).toMatchObject({ closedSteps: ['a'], closedAll: false });
    expect(one.opened.map(({ step }) => step)).toEqual(['b']);
    const compensating: RunEvent = { type: 'run.compensating', data: { ending: { kind: 'cancelled', by: 'x' }, steps: ['a'] } };
    const undone = projectDispatch(stored(scheduled('b'), compensating, scheduled('a~undo')));
    expect(undone).toMatchObject({ closed: [], closedAll: true });
    expect(undone.opened.map(({ step }) => step)).toEqual(['a~undo']);
  });
});
