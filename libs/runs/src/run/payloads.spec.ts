import type { PayloadRef, WorkflowDocument } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { PayloadNeeded } from '../expressions/expression.js';
import { RunSimulator, workflow } from '../testing/run-simulator.js';

const ref = (sha: string): PayloadRef => ({ $payload: { sha256: sha.repeat(64), bytes: 300_000, cell: 'mainpc' } });
const after = (steps: WorkflowDocument['steps']) => new RunSimulator(workflow({ big: { task: 'x' }, ...steps }));

describe('a value that lies in the object store', () => {
  it('is passed on as it is, where it is only named', () => {
    const run = after({ b: { task: 'y', needs: ['big'], with: { all: '${{ steps.big }}' } } });
    run.complete('big', ref('a'));
    expect(run.input('b')).toEqual({ all: ref('a') });
    run.complete('b', 1);
    expect(run.state.output).toEqual({ big: ref('a'), b: 1 });
  });

  it.each<[string, WorkflowDocument['steps'], unknown]>([
    ['a part of it', { b: { task: 'y', needs: ['big'], with: { n: '${{ steps.big.n }}' } } }, { n: 3 }],
    ['whether there is something', { b: { task: 'y', needs: ['big'], when: 'steps.big', with: {} } }, {}],
    [
      'the list of a fan-out',
      { b: { task: 'y', needs: ['big'], map: { over: 'steps.big.list' }, with: { i: '${{ item }}' } } },
      { i: 7 },
    ],
    ['the text around it', { b: { task: 'y', needs: ['big'], with: { t: 'n is ${{ steps.big.n }}' } } }, { t: 'n is 3' }],
  ])('is asked for, before anything is decided, where a step needs %s', (_, steps, input) => {
    const run = after(steps);
    const { sequence } = run.state;
    expect(() => run.complete('big', ref('a'))).toThrow(PayloadNeeded);
    expect(run.state.sequence).toBe(sequence);
    run.payloads = new Map([['a'.repeat(64), { n: 3, list: [7, 8] }]]);
    run.complete('big', ref('a'));
    expect(run.input('b', steps['b']?.map === undefined ? undefined : 0)).toEqual(input);
  });

  it('is looked at when the step promises something about it', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x', outputSchema: { type: 'array' } } }));
    expect(() => run.complete('a', ref('b'))).toThrow(PayloadNeeded);
    run.payloads = new Map([['b'.repeat(64), 'no list']]);
    run.complete('a', ref('b'));
    expect(run.state.error?.code).toBe('VALIDATION_FAILED');
  });

  it('may be an input of a sub-run, whose type is that of the value', () => {
    const document = workflow({ a: { task: 'x' } }, { inputs: { v: { type: 'array' } } });
    expect(() => new RunSimulator(document, { v: ref('c') })).toThrow(PayloadNeeded);
  });
});
