import { RunStatus } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { BY, boom, RUN, RunSimulator, START, workflow } from '../testing/run-simulator.js';
import { attemptState } from './attempt-state.js';
import { decide } from './run.decide.js';
import { runView } from './run.view.js';

const types = (events: readonly { type: string }[]) => events.map((event) => event.type);

describe('submit', () => {
  it('schedules the steps that need nothing, with inputs and defaults in place', () => {
    const run = new RunSimulator(
      workflow(
        { a: { task: 'x', with: { r: '${{ inputs.range }}' } }, b: { task: 'y', needs: ['a'] } },
        { inputs: { range: { type: 'string', default: 'HEAD' } } },
      ),
    );
    expect(types(run.log)).toEqual(['run.submitted', 'attempt.scheduled']);
    expect(run.input('a')).toEqual({ r: 'HEAD' });
    expect(run.log[1]?.data).toMatchObject({
      capability: 'x',
      attempt: 1,
      priority: 'normal',
      timeoutMs: 600_000,
      retry: { attempts: 3 },
    });
  });

  it('refuses wrong, missing and unknown inputs, all at once', () => {
    const document = workflow({ a: { task: 'x' } }, { inputs: { n: { type: 'number', required: true }, s: { type: 'string' } } });
    expect(() => new RunSimulator(document, { s: 1, z: 1 })).toThrow(
      /no input "z".*input "n" is required.*input "s" must be of type string/s,
    );
  });

  it('is taken once', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' } }));
    const first = run.log[0];
    if (first?.type !== 'run.submitted') throw new Error('no submit');
    expect(run.send({ kind: 'submit', runId: RUN, submission: first.data })).toEqual([]);
  });
});

describe('steps', () => {
  it('hand their outputs to the steps that need them, and the run ends with its output', () => {
    const run = new RunSimulator(
      workflow(
        { a: { task: 'x' }, b: { task: 'y', needs: ['a'], with: { got: '${{ steps.a.value }}' } } },
        { output: { sum: '${{ steps.b }}' } },
      ),
    );
    run.complete('a', { value: [1, 2] });
    expect(run.input('b')).toEqual({ got: [1, 2] });
    run.complete('b', 3);
    expect(run.state).toMatchObject({ status: RunStatus.Completed, output: { sum: 3 } });
  });

  it('are skipped when their condition gives nothing, and what needs them goes on with null', () => {
    const run = new RunSimulator(
      workflow(
        {
          a: { task: 'x', when: 'inputs.on' },
          b: { task: 'y', needs: ['a'], with: { a: '${{ steps.a }}' } },
        },
        { inputs: { on: { type: 'boolean', default: false } } },
      ),
    );
    expect(run.state.steps['a']?.status).toBe('skipped');
    expect(run.input('b')).toEqual({ a: null });
  });

  it('complete at once when all are skipped, in whatever order they are written', () => {
    const run = new RunSimulator(
      workflow({ b: { task: 'y', needs: ['a'], when: 'steps.a' }, a: { task: 'x', when: '`false`' } }),
    );
    expect(run.state).toMatchObject({ status: RunStatus.Completed, output: { a: null, b: null } });
  });

  it('cannot see a step that they do not wait for, whatever is done by then', () => {
    const run = new RunSimulator(
      workflow({ a: { task: 'x' }, b: { task: 'x' }, c: { task: 'y', needs: ['a'], with: { all: '${{ steps }}' } } }),
    );
    run.complete('b', 'secret');
    run.complete('a', 'seen');
    expect(run.input('c')).toEqual({ all: { a: 'seen' } });
  });
});

describe('fan-out', () => {
  const fan = (concurrency?: number, more = {}) =>
    workflow(
      {
        a: {
          task: 'x',
          map: { over: 'inputs.list', ...(concurrency === undefined ? {} : { concurrency }) },
          with: { v: '${{ item }}', i: '${{ index }}' },
          ...more,
        },
        b: { task: 'y', needs: ['a'], with: { all: '${{ steps.a }}' } },
      },
      { inputs: { list: { type: 'array' } } },
    );

  it('gives each item a task and collects the outputs in the order of the items', () => {
    const run = new RunSimulator(fan(), { list: ['p', 'q', 'r'] });
    expect(run.open).toEqual(['a#0:1', 'a#1:1', 'a#2:1']);
    expect(run.input('a', 1)).toEqual({ v: 'q', i: 1 });
    for (const item of [2, 0, 1]) run.complete('a', `done ${item}`, { item });
    expect(run.input('b')).toEqual({ all: ['done 0', 'done 1', 'done 2'] });
  });

  it('keeps to its concurrency', () => {
    const run = new RunSimulator(fan(2), { list: [0, 1, 2, 3] });
    expect(run.open).toEqual(['a#0:1', 'a#1:1']);
    run.complete('a', null, { item: 1 });
    expect(run.open).toEqual(['a#0:1', 'a#2:1']);
    run.fail('a', boom(), { item: 0 });
    expect(run.open).toEqual(['a#0:2', 'a#2:1']);
  });

  it.each([[[]], [null]])('is complete at once over %j', (list) => {
    const run = new RunSimulator(fan(), { list });
    expect(run.state.steps['a']).toMatchObject({ status: 'completed', fan: { items: 0 }, output: [] });
    expect(run.input('b')).toEqual({ all: [] });
  });

  it('fails the run when one item gives up, and puts its error in its place when the run may go on', () => {
    const strict = new RunSimulator(fan(), { list: [0, 1] });
    strict.fail('a', boom(false), { item: 1 });
    expect(strict.state).toMatchObject({ status: RunStatus.Failed, error: boom(false) });
    const lenient = new RunSimulator(fan(undefined, { continueOnError: true }), { list: [0, 1] });
    lenient.fail('a', boom(false), { item: 1 });
    expect(lenient.open).toEqual(['a#0:1']);
    lenient.complete('a', 'fine', { item: 0 });
    expect(lenient.input('b')).toEqual({ all: ['fine', { error: boom(false) }] });
  });

  it('fails the run when the list is none', () => {
    const run = new RunSimulator(
      workflow({ a: { task: 'x', map: { over: 'inputs.s' } } }, { inputs: { s: { type: 'string' } } }),
      { s: 'text' },
    );
    expect(run.state).toMatchObject({ status: RunStatus.Failed, error: { code: 'WORKFLOW_INVALID' } });
  });

  it('names the step, or the output, whose expression cannot be evaluated', () => {
    const errorOf = (document: Parameters<typeof workflow>): string | undefined =>
      new RunSimulator(workflow(...document), { n: 5 }).state.error?.message;
    const inputs = { n: { type: 'number' } } as const;
    expect(errorOf([{ a: { checkpoint: '${{ keys(inputs.n) }}' } }, { inputs }])).toMatch(/^step "a": expression "keys/);
    expect(errorOf([{ a: { checkpoint: 1 } }, { inputs, output: '${{ keys(inputs.n) }}' }])).toMatch(
      /^the run's output: expression "keys/,
    );
  });
});

describe('failures', () => {
  it('are repeated after a wait with full jitter, until the attempts are used', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x', retry: { attempts: 2, initial: '10s' } } }));
    const events = run.fail('a');
    expect(types(events)).toEqual(['attempt.failed', 'attempt.scheduled']);
    expect(events[1]?.data).toMatchObject({ attempt: 2, notBefore: new Date(START.getTime() + 5000).toISOString() });
    expect(types(run.fail('a', boom(), { attempt: 2 }))).toEqual(['attempt.failed', 'run.failed']);
    expect(run.state.error).toEqual(boom());
  });

  it('end the run at once when no attempt can help, and other steps begin nothing any more', () => {
    const run = new RunSimulator(workflow({ b: { task: 'y', needs: ['c'] }, c: { task: 'x' }, a: { task: 'x' } }));
    expect(types(run.fail('a', boom(false)))).toEqual(['attempt.failed', 'run.failed']);
    expect(run.complete('c')).toEqual([]);
    expect(runView(run.state).steps).toMatchObject([
      { status: 'waiting' },
      { status: 'failed', error: { code: 'CANCELLED' } },
      { status: 'failed' },
    ]);
  });

  it('become the output of a step that may fail', () => {
    const run = new RunSimulator(
      workflow({ a: { task: 'x', continueOnError: true }, b: { task: 'y', needs: ['a'], with: { a: '${{ steps.a }}' } } }),
    );
    run.fail('a', boom(false));
    expect(run.input('b')).toEqual({ a: { error: boom(false) } });
    run.complete('b', 1);
    expect(run.state.status).toBe(RunStatus.Completed);
  });

  it('of an expression fail the run and name the step', () => {
    const run = new RunSimulator(
      workflow({ a: { task: 'x' }, b: { task: 'y', needs: ['a'], with: { n: '${{ length(steps.a) }}' } } }),
    );
    expect(run.complete('a', 5).at(-1)).toMatchObject({
      type: 'run.failed',
      data: { step: 'b', error: { code: 'WORKFLOW_INVALID' } },
    });
  });

  it('of size name the remedy', () => {
    const run = new RunSimulator(
      workflow({ a: { task: 'x' }, b: { task: 'y', needs: ['a'], with: { x: '${{ steps.a }}', y: '${{ steps.a }}' } } }),
    );
    run.complete('a', 'x'.repeat(9 * 1024 * 1024));
    expect(run.state.error).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', message: expect.stringContaining('artifact') as string });
  });
});

describe('results', () => {
  it('that are late, double, superseded or of nobody change nothing', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' }, b: { task: 'x' } }));
    run.fail('a');
    expect(run.complete('a', 'late')).toEqual([]);
    run.complete('a', 'real', { attempt: 2 });
    expect(run.complete('a', 'twice', { attempt: 2 })).toEqual([]);
    expect(run.complete('a', 'no such item', { item: 0, attempt: 2 })).toEqual([]);
    for (const step of ['nobody', 'constructor', '__proto__']) expect(run.complete(step)).toEqual([]);
    run.complete('b');
    expect(run.state.status).toBe(RunStatus.Completed);
    expect(run.complete('b')).toEqual([]);
    expect(run.fail('a', boom(), { attempt: 2 })).toEqual([]);
  });

  it('of an unknown run give nothing', () => {
    const command = { kind: 'complete', step: 'a', attempt: 1, output: 1, by: BY, durationMs: 1 } as const;
    expect(decide(undefined, command, { now: START, random: Math.random })).toEqual([]);
  });

  it('decide whether a host should still do an attempt', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' }, b: { task: 'x' } }));
    expect(attemptState(run.state, { step: 'a', attempt: 1 })).toEqual({ state: 'open' });
    run.fail('a');
    expect(attemptState(run.state, { step: 'a', attempt: 1 })).toEqual({ state: 'superseded' });
    run.complete('a', 1, { attempt: 2 });
    expect(attemptState(run.state, { step: 'a', attempt: 2 })).toEqual({ state: 'finished' });
    run.fail('b', boom(false));
    expect(attemptState(run.state, { step: 'nobody', attempt: 1 })).toEqual({ state: 'superseded' });
  });
});

describe('the timeout of a run', () => {
  it('fails it when it is over, and not before', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' } }, { timeout: '1m' }));
    run.now = new Date(START.getTime() + 59_999);
    expect(run.send({ kind: 'expire' })).toEqual([]);
    run.now = new Date(START.getTime() + 60_000);
    expect(run.send({ kind: 'expire' })).toMatchObject([{ type: 'run.failed', data: { error: { code: 'DEADLINE_PASSED' } } }]);
  });
});

describe('the view of a run', () => {
  it('shows steps, items and performers, and fits into one message', () => {
    const run = new RunSimulator(
      workflow(
        { a: { task: 'x', map: { over: 'inputs.l' } }, b: { task: 'y' }, c: { task: 'y' } },
        { inputs: { l: { type: 'array' } } },
      ),
      { l: [1, 2] },
    );
    run.complete('a', 1, { item: 0 });
    run.complete('b', 'b'.repeat(500 * 1024));
    run.complete('c', 'c'.repeat(500 * 1024));
    const view = runView(run.state);
    expect(view.attempts).toEqual({ scheduled: 4, completed: 3, failed: 0 });
    expect(view.steps[0]).toMatchObject({ status: 'running', items: { total: 2, done: 1 }, attempts: 2 });
    expect(view.steps[1]).toMatchObject({ status: 'completed', by: BY, needs: [] });
    expect(view.steps[2]?.output).toEqual({ omitted: expect.stringMatching(/^\d+ bytes/) as string });
    expect(JSON.stringify(view).length).toBeLessThan(1024 * 1024);
  });
});

describe('a failed run that is taken up again', () => {
  const redrive = { kind: 'redrive', by: 'anna', letter: 7 } as const;
  const document = workflow(
    {
      a: { task: 'x', map: { over: 'inputs.list' }, retry: { attempts: 1 } },
      b: { task: 'y' },
      c: { task: 'z', needs: ['a', 'b'] },
      d: { task: 'z', continueOnError: true, retry: { attempts: 1 } },
    },
    { inputs: { list: { type: 'array' } }, timeout: '1h' },
  );

  it('gives another attempt to what failed and to what its end interrupted, and to nothing else', () => {
    const run = new RunSimulator(document, { list: [1, 2, 3] });
    run.fail('d', boom());
    run.complete('a', 10, { item: 0 });
    run.fail('a', boom(), { item: 1 });
    expect(run.state.status).toBe('failed');
    run.now = new Date(START.getTime() + 5 * 3_600_000);
    const events = run.send(redrive);
    expect(types(events)).toEqual(['run.redriven', 'attempt.scheduled', 'attempt.scheduled', 'attempt.scheduled']);
    expect(events.slice(1).map(({ data }) => data)).toMatchObject([
      { step: 'a', item: 1, attempt: 2, input: {} },
      { step: 'a', item: 2, attempt: 2 },
      { step: 'b', attempt: 2 },
    ]);
    expect(run.state).toMatchObject({ status: 'running', steps: { d: { status: 'failed' }, a: { status: 'running' } } });
    expect(run.state.error).toBeUndefined();
    // Its timeout counts anew, and what was sent before is refused.
    expect(run.send({ kind: 'expire' })).toEqual([]);
    expect(run.complete('a', 20, { item: 2, attempt: 1 })).toEqual([]);
    for (const item of [1, 2]) run.complete('a', 20, { item, attempt: 2 });
    run.complete('b', 1, { attempt: 2 });
    expect(types(run.complete('c', 1))).toEqual(['attempt.completed', 'run.completed']);
  });

  it('fails again when the one more attempt fails, and may be taken up once more', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x', retry: { attempts: 2 } } }));
    run.fail('a', boom(false));
    run.send(redrive);
    expect(types(run.fail('a', boom(), { attempt: 2 }))).toEqual(['attempt.failed', 'run.failed']);
    expect(types(run.send(redrive))).toEqual(['run.redriven', 'attempt.scheduled']);
    expect(types(run.complete('a', 1, { attempt: 3 }))).toEqual(['attempt.completed', 'run.completed']);
  });

  it('is left alone when it has not failed', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' } }));
    expect(run.send(redrive)).toEqual([]);
    run.complete('a', 1);
    expect(run.send(redrive)).toEqual([]);
  });
});
