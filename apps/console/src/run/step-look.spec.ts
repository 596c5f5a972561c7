import type { StepView } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { countedSteps, stepLook, waitWords } from './step-look.js';

const step = (part: Partial<StepView>): StepView => ({
  name: 's',
  kind: 'task',
  task: 't',
  needs: [],
  status: 'running',
  attempts: 1,
  ...part,
});
const cancelled = { code: 'CANCELLED', message: '', retryable: false };

describe('how a step looks', () => {
  it('says whether somebody has to do something', () => {
    expect(stepLook(step({ waitsFor: { approval: 'Ship?' } }), false)).toEqual({ tone: 'warn', word: 'waits' });
    expect(stepLook(step({ waitsFor: { host: 'a host with …' } }), false).tone).toBe('warn');
    expect(stepLook(step({ waitsFor: { signal: 'go' } }), false).tone).toBe('idle');
    expect(stepLook(step({ waitsFor: { runs: ['a'] } }), false).tone).toBe('busy');
  });

  it('calls nothing failed that was merely stopped', () => {
    expect(stepLook(step({ status: 'failed', error: cancelled }), true)).toEqual({ tone: 'idle', word: 'left unfinished' });
    expect(stepLook(step({ status: 'failed', error: { ...cancelled, code: 'REJECTED' } }), true).word).toBe('rejected');
    expect(stepLook(step({ status: 'waiting' }), true).word).toBe('not begun');
  });

  it('names what it waits for', () => {
    expect(waitWords({ runs: ['a', 'b'] })).toBe('for 2 sub-runs');
    expect(waitWords({ signal: 'go', host: 'x' })).toBe('for signal go, for a host: none can take it');
  });

  it('counts in the order of life', () => {
    const steps = [step({ status: 'waiting' }), step({}), step({ status: 'completed' }), step({ status: 'completed' })];
    expect(countedSteps(steps, false)).toBe('2 completed, 1 running, 1 waiting');
  });
});
