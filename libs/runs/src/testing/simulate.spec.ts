import { NotFound, RunStatus } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { workflow } from './run-simulator.js';
import { type Call, simulate } from './simulate.js';

describe('a simulated run', () => {
  it('goes through every kind of step without waiting', () => {
    const document = workflow(
      {
        later: { wait: { for: '24h' } },
        go: { wait: { signal: 'go' }, needs: ['later'] },
        ask: { approval: { approvers: ['anna'] }, needs: ['go'] },
        way: { branch: [{ when: 'steps.ask.approved', then: 'all' }, { then: 'none' }], needs: ['ask'] },
        all: { task: 'double', map: { over: 'inputs.list', collect: 'sum(items)' }, with: { n: '${{ item }}' }, needs: ['go'] },
        none: { task: 'nothing' },
        kept: { checkpoint: '${{ steps.all }}', needs: ['all'] },
        sub: { workflow: 'child', with: { n: '${{ steps.kept }}' }, needs: ['kept'] },
      },
      { inputs: { list: { type: 'array' } }, output: { sum: '${{ steps.sub }}', go: '${{ steps.go }}' } },
    );
    const child = workflow(
      { one: { task: 'double', with: { n: '${{ inputs.n }}' } } },
      { name: 'child', inputs: { n: { type: 'number' } }, output: '${{ steps.one }}' },
    );
    const double = ({ input, attempt }: Call): number => {
      if (attempt === 1) throw new Error('not at once');
      return 2 * (input as { n: number }).n;
    };
    const { state, calls, children } = simulate(
      document,
      { list: [1, 2, 3] },
      { tasks: { double }, signals: { go: ['now'] }, approvals: { ask: true }, library: { child } },
    );
    expect(state).toMatchObject({
      status: RunStatus.Completed,
      output: { sum: 24, go: 'now' },
      steps: { none: { status: 'skipped' } },
    });
    expect(calls).toHaveLength(6);
    expect(children).toHaveLength(1);
    expect(Date.parse(state.updatedAt) - Date.parse(state.submittedAt)).toBeGreaterThanOrEqual(86_400_000);
  });

  it('undoes what it did when it fails for good', () => {
    const document = workflow({
      book: { task: 'book', compensate: { task: 'cancel', with: { id: '${{ output.id }}' } } },
      pay: { task: 'pay', needs: ['book'] },
    });
    const pay = (): never => {
      throw new NotFound('no such account');
    };
    const { state, calls } = simulate(document, {}, { tasks: { book: { id: 7 }, pay, cancel: null } });
    expect(state).toMatchObject({ status: RunStatus.Failed, error: { code: 'NOT_FOUND' } });
    expect(calls.at(-1)).toMatchObject({ step: 'book~undo', capability: 'cancel', input: { id: 7 } });
  });

  it.each([
    ['a capability', { a: { task: 'x' } }, /asks for "x", which has no answer/],
    ['an approval', { a: { approval: {} } }, /waits for "a"/],
    ['a workflow', { a: { workflow: 'x' } }, /calls the workflow "x"/],
  ])('says which answer is missing: %s', (_, steps, message) => expect(() => simulate(workflow(steps), {})).toThrow(message));
});
