import type { WorkflowDocument } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { chooseMode, type Circumstances, SMALL_TASKS } from './choose-mode.js';

const work = (step: object = {}): WorkflowDocument => ({
  api: 'aet/workflow.v1',
  name: 'w',
  steps: { a: { task: 'echo', ...step } },
});
const kind = (step: object): WorkflowDocument => ({ api: 'aet/workflow.v1', name: 'w', steps: { a: step } }) as WorkflowDocument;
const at = (more: Partial<Circumstances> = {}): Circumstances => ({
  fleet: true,
  capabilities: new Set(['echo']),
  host: 'here',
  user: 'anna',
  ...more,
});

describe('the choice between simple and full', () => {
  it('takes small work itself and gives the rest to the fleet', () => {
    expect(chooseMode([work()], at())).toMatchObject({ mode: 'simple' });
    expect(
      chooseMode(
        Array.from({ length: SMALL_TASKS }, () => work()),
        at(),
      ),
    ).toMatchObject({ mode: 'simple' });
    expect(
      chooseMode(
        Array.from({ length: SMALL_TASKS + 1 }, () => work()),
        at(),
      ),
    ).toMatchObject({ mode: 'full' });
  });

  it.each([
    [work({ timeout: '1h' }), 'step "a" may take longer than 10 minutes'],
    [work({ deadline: '12h' }), 'batch'],
    [kind({ wait: { signal: 'go' } }), 'from outside'],
    [kind({ wait: { for: '1h' } }), 'longer'],
    [kind({ approval: {} }), 'a person'],
    [{ ...work(), timeout: '2h' }, 'w may take 2h'],
  ])('gives to the fleet what takes long: %#', (document, why) => {
    expect(chooseMode([document], at())).toMatchObject({ mode: 'full', why: expect.stringContaining(why) as string });
    expect(chooseMode([document], at({ wish: 'simple' }))).toMatchObject({ mode: 'simple' });
  });

  it.each([
    [work({ placement: { host: 'gpu' } }), 'host gpu'],
    [work({ placement: { labels: { gpu: 'yes' } } }), 'labels'],
    [work({ task: 'paint' }), '"paint"'],
    [kind({ approval: { approvers: ['bert'] } }), 'bert'],
  ])('never does simply what needs a fleet: %#', (document, why) => {
    expect(chooseMode([document], at({ wish: 'simple' }))).toMatchObject({
      mode: 'full',
      why: expect.stringContaining(why) as string,
    });
    expect(chooseMode([document], at({ fleet: false }))).toMatchObject({ impossible: expect.stringMatching(/aet up/) as string });
  });

  it('goes on without a fleet, and says so', () => {
    const many = Array.from({ length: 100 }, () => work());
    expect(chooseMode(many, at({ fleet: false }))).toMatchObject({ mode: 'simple' });
    expect(chooseMode(many, at({ fleet: false, wish: 'full' }))).toMatchObject({
      mode: 'simple',
      why: expect.stringContaining('asked for') as string,
    });
    expect(chooseMode([work({ placement: { host: 'here' } })], at({ fleet: false }))).toMatchObject({ mode: 'simple' });
  });
});
