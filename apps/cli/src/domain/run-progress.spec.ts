import type { RunView, StepView } from '@aet/contracts';
import { expect, it } from 'vitest';
import { progressLines } from './run-progress.js';

const view = (waitsFor?: StepView['waitsFor']): RunView => {
  const step: StepView = { name: 'ask', kind: 'approval', task: 'approval', needs: [], status: 'running', attempts: 0 };
  return { steps: [waitsFor === undefined ? step : { ...step, waitsFor }] } as unknown as RunView;
};

it('says in a log what a step waits for, once', () => {
  const asked = view({ approval: 'Ship it?', approvers: ['anna', 'bob'] });
  const lost = view({ host: 'a host with the capability "ecoh": none has an agent for it now' });
  expect(progressLines(undefined, asked, 0)).toEqual(['▸ ask  asks: Ship it? (anna, bob)']);
  expect(progressLines(asked, asked, 0)).toEqual([]);
  expect(progressLines(view(), lost, 0)).toEqual([
    '▸ ask  waits for a host with the capability "ecoh": none has an agent for it now',
  ]);
});
