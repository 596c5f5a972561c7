import type { RunEvent, StoredRunEvent } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { runEvents } from '../testing/index.js';
import { projectApprovals } from './approvals.js';

const asks = (step: string, text = 'Go on?'): RunEvent => ({ type: 'approval.requested', data: { step, text } });
const answers = (step: string): RunEvent => ({ type: 'approval.decided', data: { step, approved: true, by: 'anna' } });
const change = (...events: RunEvent[]) =>
  projectApprovals(
    events.map((event, at): StoredRunEvent => ({
      ...event,
      runId: 'r',
      sequence: at + 1,
      time: '2026-11-21T12:00:00.000Z',
      hash: '',
    })),
  );

describe('questions that runs ask', () => {
  it('are rows until they are answered', () => {
    expect(change(asks('ship'))).toEqual({
      requested: [{ runId: 'r', step: 'ship', sequence: 1, requestedAt: '2026-11-21T12:00:00.000Z', text: 'Go on?', open: true }],
      decided: [],
    });
    expect(change(asks('ship'), answers('ship'))).toEqual({ requested: [], decided: ['ship'] });
    expect(change(answers('ship'), asks('ship'))).toMatchObject({ requested: [{ sequence: 2 }], decided: [] });
  });

  it('are open while their run is', () => {
    expect(change(asks('ship'), runEvents.runFailed())).toMatchObject({ requested: [{ open: false }], open: false });
    expect(change({ type: 'run.redriven', data: { by: 'anna' } })).toEqual({ requested: [], decided: [], open: true });
  });

  it('are kept up to a length', () => {
    expect(change(asks('ship', 'x'.repeat(5_000))).requested[0]?.text).toHaveLength(2_000);
  });
});
