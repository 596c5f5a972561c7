import { RUN_ID, RunStatus, type WorkflowDocument, type WorkflowStep } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { boom, RunSimulator, START, workflow } from '../../testing/run-simulator.js';
import { childRunId } from '../child-run-id.js';
import { nextTickAt } from '../due.js';
import { runView } from '../run.view.js';

const types = (events: readonly { type: string }[]) => events.map((event) => event.type);
const after = (ms: number) => new Date(START.getTime() + ms);
const said = { by: 'anna', reason: 'why not' };
const input = (type: 'array' | 'string' | 'number' | 'boolean') => ({ inputs: { v: { type } } });

describe('a branch', () => {
  const document = workflow(
    {
      pick: {
        branch: [
          { when: "inputs.v == 'a'", then: 'a' },
          { when: "inputs.v == 'b'", then: ['b', 'both'] },
        ],
      },
      a: { task: 'x' },
      a2: { task: 'x', needs: ['a'] },
      b: { task: 'x' },
      both: { task: 'x', needs: ['side'] },
      side: { task: 'y' },
      join: { task: 'z', needs: ['a2', 'b'] },
    },
    input('string'),
  );

  it('takes the first way that holds, and skips what only other ways lead to', () => {
    const run = new RunSimulator(document, { v: 'a' });
    expect(run.open).toEqual(['a:1', 'side:1']);
    expect(run.state.steps['b']).toMatchObject({ status: 'skipped', branch: 'pick' });
    run.complete('side');
    expect(run.state.steps['both']).toMatchObject({ status: 'skipped', branch: 'pick' });
    run.complete('a');
    run.complete('a2');
    expect(run.open).toEqual(['join:1']);
  });

  it('lets a step wait for all else that it needs', () => {
    const run = new RunSimulator(document, { v: 'b' });
    expect(run.open).toEqual(['b:1', 'side:1']);
    expect(run.state.steps['a2']).toMatchObject({ status: 'skipped', branch: 'pick' });
    run.complete('side');
    run.complete('b');
    expect(run.open).toEqual(['both:1', 'join:1']);
  });

  it('that takes no way skips all of them, and what needs nothing else', () => {
    const run = new RunSimulator(document, { v: 'c' });
    run.complete('side');
    expect(run.state).toMatchObject({ status: 'completed', output: { pick: { taken: [] }, join: null } });
  });
});

describe('an approval', () => {
  const document = (more: Partial<WorkflowStep> = {}, approval = {}): WorkflowDocument =>
    workflow(
      {
        ask: { approval: { text: 'Ship ${{ inputs.v }}?', approvers: ['anna', 'ben'], ...approval }, ...more } as WorkflowStep,
        go: { task: 'x', needs: ['ask'], with: { a: '${{ steps.ask }}' } },
      },
      input('string'),
    );
  const decision = { kind: 'decide', step: 'ask', approved: true, ...said } as const;

  it('is asked for, and given by those who may', () => {
    const run = new RunSimulator(document(), { v: '1.2' });
    expect(run.log.at(-1)).toMatchObject({ type: 'approval.requested', data: { text: 'Ship 1.2?', approvers: ['anna', 'ben'] } });
    expect(runView(run.state).steps[0]).toMatchObject({
      kind: 'approval',
      waitsFor: { approval: 'Ship 1.2?', approvers: ['anna', 'ben'] },
    });
    expect(() => run.send({ ...decision, by: 'eve' })).toThrow(/ask anna or ben/);
    expect(() => run.send({ ...decision, step: 'go' })).toThrow(/no approval.*it has: ask/);
    run.send(decision);
    expect(run.input('go')).toEqual({ a: { approved: true, by: 'anna', reason: 'why not' } });
    expect(run.send(decision)).toEqual([]);
    expect(() => run.send({ ...decision, approved: false })).toThrow(/was approved by anna/);
  });

  it('fails the run when it is refused, and is asked for again when the run is taken up again', () => {
    const run = new RunSimulator(document(), { v: '1' });
    expect(types(run.send({ ...decision, approved: false }))).toEqual(['approval.decided', 'run.failed']);
    expect(run.state.error).toMatchObject({
      code: 'REJECTED',
      message: expect.stringContaining('anna rejected it: why not') as string,
    });
    expect(types(run.send({ kind: 'redrive', by: 'ben' }))).toEqual(['run.redriven', 'approval.requested']);
  });

  it.each([
    ['reject', 'failed'],
    ['approve', 'running'],
  ] as const)('ends by itself when nobody decides: %s', (onTimeout, status) => {
    const run = new RunSimulator(document({}, { timeout: '1h', onTimeout }), { v: '1' });
    expect(nextTickAt(run.state)).toBe(after(3_600_000).getTime());
    run.now = after(3_599_999);
    expect(run.send({ kind: 'tick' })).toEqual([]);
    run.now = after(3_600_000);
    run.send({ kind: 'tick' });
    expect(run.state.status).toBe(status);
    expect(nextTickAt(run.state)).toBeUndefined();
  });
});

describe('a wait', () => {
  it('for a time ends with the tick that is due', () => {
    const run = new RunSimulator(workflow({ w: { wait: { for: '1m' } }, x: { task: 'x', needs: ['w'] } }));
    run.now = after(60_000);
    expect(types(run.send({ kind: 'tick' }))).toEqual(['wait.ended', 'attempt.scheduled']);
  });

  it('is due at the earliest of all', () => {
    const run = new RunSimulator(workflow({ w: { wait: { for: '2m' } }, v: { wait: { for: '1m' } } }));
    expect(nextTickAt(run.state)).toBe(after(60_000).getTime());
    run.now = after(60_000);
    expect(run.send({ kind: 'tick' })).toMatchObject([{ type: 'wait.ended', data: { step: 'v' } }]);
  });

  it('until a time that is over ends at once; one that is none fails the run', () => {
    const document = workflow({ w: { wait: { until: '${{ inputs.v }}' } } }, input('string'));
    expect(new RunSimulator(document, { v: '2025-01-01T00:00:00Z' }).state.status).toBe('completed');
    expect(new RunSimulator(document, { v: 'soon' }).state.error).toMatchObject({ code: 'WORKFLOW_INVALID' });
  });

  it('takes signals in their order, each once, also those that came before', () => {
    const run = new RunSimulator(
      workflow({ a: { task: 'x' }, w: { wait: { signal: 's' }, needs: ['a'] }, v: { wait: { signal: 's' }, needs: ['w'] } }),
    );
    const signal = { kind: 'signal', name: 's', by: 'anna' } as const;
    run.send({ ...signal, id: '1', payload: { n: 1 } });
    expect(run.send({ ...signal, id: '1', payload: { n: 9 } })).toEqual([]);
    run.complete('a');
    expect(run.state.steps['w']).toMatchObject({ status: 'completed', output: { n: 1 } });
    run.send({ ...signal, id: '2', payload: { n: 2 } });
    expect(run.state).toMatchObject({ status: 'completed', output: { v: { n: 2 } } });
    expect(() => run.send({ ...signal, id: '3', payload: 0 })).toThrow(/is complete.*rerun it/);
    expect(run.send({ ...signal, id: '2', payload: 0 })).toEqual([]);
  });

  it('for a signal fails when it does not come in time', () => {
    const run = new RunSimulator(workflow({ w: { wait: { signal: 's', timeout: '5s' } } }));
    run.now = after(5_000);
    run.send({ kind: 'tick' });
    expect(run.state.error).toMatchObject({ code: 'DEADLINE_PASSED' });
  });
});

describe('a checkpoint', () => {
  it('keeps what it shows', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' }, c: { checkpoint: { got: '${{ steps.a }}' }, needs: ['a'] } }));
    run.complete('a', 7);
    expect(run.state.output).toEqual({ a: 7, c: { got: 7 } });
  });
});

describe('a sub-run', () => {
  const document = workflow({ c: { workflow: 'other', with: { n: 1 }, retry: { attempts: 2 } } });
  const request = (run: RunSimulator) => {
    const event = run.log.findLast(({ type }) => type === 'child.requested');
    if (event?.type !== 'child.requested') throw new Error('no child');
    return event.data;
  };
  const end = { kind: 'end-child', step: 'c' } as const;

  it('has an id of its own for each attempt, and gives its output', () => {
    const run = new RunSimulator(document);
    const first = request(run);
    expect(first).toMatchObject({ workflow: 'other', inputs: { n: 1 }, attempt: 1, priority: 'normal' });
    expect(first.childRunId).toMatch(RUN_ID);
    expect(first.childRunId).toBe(childRunId({ runId: run.state.runId, step: 'c', attempt: 1 }, START));
    expect(runView(run.state)).toMatchObject({
      children: [{ runId: first.childRunId }],
      steps: [{ waitsFor: { runs: [first.childRunId] } }],
    });
    const failed = { status: 'failed', error: boom() } as const;
    run.send({ ...end, attempt: 1, childRunId: first.childRunId, end: failed });
    const second = request(run);
    expect(second.childRunId).not.toBe(first.childRunId);
    expect(run.send({ ...end, attempt: 2, childRunId: first.childRunId, end: failed })).toEqual([]);
    run.send({ ...end, attempt: 2, childRunId: second.childRunId, end: { status: 'completed', output: 5 } });
    expect(run.state).toMatchObject({ status: 'completed', output: { c: 5 } });
  });
});

describe('a fan-out', () => {
  const fan = (map: object, more: object = {}) =>
    workflow(
      {
        m: { task: 'x', map: { over: 'inputs.v', ...map }, retry: { attempts: 1 }, ...more },
        n: { task: 'y', needs: ['m'], with: { m: '${{ steps.m }}' } },
      },
      input('array'),
    );
  const v = [1, 2, 3, 4];

  it('needs no more than its quorum', () => {
    const run = new RunSimulator(fan({ quorum: '50%' }), { v });
    run.complete('m', 'a', { item: 3 });
    expect(types(run.complete('m', 'b', { item: 1 }))).toEqual(['attempt.completed', 'step.concluded', 'attempt.scheduled']);
    expect(run.input('n')).toEqual({ m: [null, 'b', null, 'a'] });
    expect(run.complete('m', 'late', { item: 0 })).toEqual([]);
  });

  it('fails when its quorum is out of reach, and not before', () => {
    const run = new RunSimulator(fan({ quorum: 3 }), { v });
    run.fail('m', boom(), { item: 0 });
    expect(run.state.status).toBe('running');
    expect(types(run.fail('m', boom(), { item: 1 }))).toEqual(['attempt.failed', 'step.concluded', 'run.failed']);
  });

  it('that may fail is complete all the same with its quorum', () => {
    const run = new RunSimulator(fan({ quorum: 2 }, { continueOnError: true }), { v });
    run.fail('m', boom(), { item: 0 });
    run.complete('m', 'a', { item: 1 });
    run.complete('m', 'b', { item: 2 });
    expect(run.state.steps['m']).toMatchObject({ status: 'completed', output: [{ error: boom() }, 'a', 'b', null] });
  });

  it('bears as many failures as it tolerates, and not one more', () => {
    const run = new RunSimulator(fan({ tolerate: 1 }), { v });
    run.fail('m', boom(), { item: 0 });
    for (const item of [1, 2, 3]) run.complete('m', item, { item });
    expect(run.input('n')).toEqual({ m: [{ error: boom() }, 1, 2, 3] });
    const other = new RunSimulator(fan({ tolerate: '25%' }), { v });
    other.fail('m', boom(), { item: 0 });
    expect(types(other.fail('m', boom(), { item: 1 }))).toEqual(['attempt.failed', 'step.concluded', 'run.failed']);
  });

  it('keeps to its concurrency when its run is taken up again', () => {
    const run = new RunSimulator(fan({ tolerate: 1, concurrency: 1 }), { v });
    run.fail('m', boom(), { item: 0 });
    run.fail('m', boom(), { item: 1 });
    run.send({ kind: 'redrive', by: 'anna' });
    expect(run.open).toEqual(['m#0:2']);
    run.complete('m', 'a', { item: 0, attempt: 2 });
    expect(run.open).toEqual(['m#1:2']);
  });

  it('is refused when it is wider than any may be', () => {
    const run = new RunSimulator(fan({}), { v: Array.from({ length: 100_001 }, () => 0) });
    expect(run.state.error).toMatchObject({
      code: 'WORKFLOW_INVALID',
      message: expect.stringContaining('100001 items; 100000 are allowed') as string,
    });
  });

  it('gives what it collects', () => {
    const run = new RunSimulator(fan({ collect: '{all: items, n: length(items)}' }), { v: [1, 2] });
    run.complete('m', 'a', { item: 0 });
    run.complete('m', 'b', { item: 1 });
    expect(run.input('n')).toEqual({ m: { all: ['a', 'b'], n: 2 } });
  });

  it('goes over a list that stands in the document', () => {
    const run = new RunSimulator(workflow({ m: { task: 'x', map: { over: ['a', 'b'] }, with: { i: '${{ item }}' } } }));
    expect(run.input('m', 1)).toEqual({ i: 'b' });
  });
});

describe('an output', () => {
  it('that is not what the step promises fails it for good', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x', outputSchema: { type: 'object', required: ['n'] } } }));
    expect(types(run.complete('a', {}))).toEqual(['attempt.failed', 'run.failed']);
    expect(run.state.error).toMatchObject({ code: 'VALIDATION_FAILED', message: expect.stringContaining("'n'") as string });
  });
});

describe('what an attempt saved', () => {
  it('is given to the next one', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' } }));
    const save = { kind: 'save', step: 'a', attempt: 1, by: { cell: 'c', host: 'h', instance: 'i', agent: 'a' } } as const;
    run.send({ ...save, saved: { half: 1 } });
    run.send({ ...save, saved: { half: 2 } });
    run.fail('a');
    expect(run.log.at(-1)?.data).toMatchObject({ attempt: 2, saved: { half: 2 } });
    expect(run.send({ ...save, saved: 'late' })).toEqual([]);
  });
});

describe('an operator', () => {
  const chain = workflow({ a: { task: 'x' }, b: { task: 'y', needs: ['a'] } });

  it('pauses: results are taken, and nothing begins before it is resumed', () => {
    const run = new RunSimulator(chain);
    run.send({ kind: 'pause', ...said });
    expect(run.send({ kind: 'pause', ...said })).toEqual([]);
    expect(types(run.complete('a'))).toEqual(['attempt.completed']);
    expect(types(run.send({ kind: 'resume', ...said }))).toEqual(['run.resumed', 'attempt.scheduled']);
  });

  it('cancels, once and for all', () => {
    const run = new RunSimulator(chain);
    expect(types(run.send({ kind: 'cancel', ...said }))).toEqual(['run.cancelled']);
    expect(run.complete('a')).toEqual([]);
    expect(run.send({ kind: 'cancel', ...said })).toEqual([]);
    expect(() => run.send({ kind: 'pause', ...said })).toThrow(/was cancelled, so it cannot be paused/);
    expect(types(run.send({ kind: 'redrive', by: 'anna' }))).toEqual(['run.redriven', 'attempt.scheduled']);
    expect(run.open).toEqual(['a:2']);
  });

  it('changes the priority of what comes', () => {
    const run = new RunSimulator(chain);
    run.send({ kind: 'prioritize', priority: 'critical', ...said });
    run.complete('a');
    expect(run.log.at(-1)?.data).toMatchObject({ step: 'b', priority: 'critical' });
  });

  it('moves a run to another cell with a higher epoch only', () => {
    const run = new RunSimulator(chain);
    const adopt = { kind: 'adopt', cell: 'pc2', ...said } as const;
    expect(() => run.send({ ...adopt, epoch: 1 })).toThrow(/higher epoch/);
    run.send({ ...adopt, epoch: 2 });
    expect(run.state).toMatchObject({ cell: 'pc2', epoch: 2 });
    expect(run.open).toEqual(['a:1']);
    expect(run.send({ ...adopt, epoch: 2 })).toEqual([]);
  });
});

describe('compensation', () => {
  const undo = (name: string) => ({ task: `undo-${name}`, with: { of: '${{ output }}' }, retry: { attempts: 2 } });
  const document = workflow({
    a: { task: 'x', compensate: undo('a') },
    b: { task: 'x', needs: ['a'], compensate: undo('b') },
    c: { task: 'x', needs: ['b'], retry: { attempts: 1 } },
  });
  const ready = () => {
    const run = new RunSimulator(document);
    run.complete('a', 1);
    run.complete('b', 2);
    return run;
  };

  it('undoes what a failed run did, the last first, before it ends', () => {
    const run = ready();
    expect(types(run.fail('c'))).toEqual(['attempt.failed', 'run.compensating', 'attempt.scheduled']);
    expect(run.open).toEqual(['b~undo:1']);
    expect(run.input('b~undo')).toEqual({ of: 2 });
    expect(types(run.complete('b~undo'))).toEqual(['attempt.completed', 'attempt.scheduled']);
    expect(() => run.send({ kind: 'pause', ...said })).toThrow(/is being undone/);
    expect(types(run.complete('a~undo'))).toEqual(['attempt.completed', 'run.failed']);
    expect(runView(run.state).steps.at(-1)).toMatchObject({ name: 'a~undo', compensates: 'a', status: 'completed' });
    expect(() => run.send({ kind: 'redrive', by: 'anna' })).toThrow(/was undone/);
  });

  it('waits for a paused run to be resumed', () => {
    const run = ready();
    run.send({ kind: 'pause', ...said });
    expect(types(run.fail('c'))).toEqual(['attempt.failed']);
    expect(types(run.send({ kind: 'resume', ...said }))).toEqual(['run.resumed', 'run.compensating', 'attempt.scheduled']);
  });

  it('goes on past one that gives up, and says so', () => {
    const run = ready();
    run.send({ kind: 'cancel', ...said });
    expect(run.complete('c')).toEqual([]);
    run.fail('b~undo');
    run.fail('b~undo', boom(), { attempt: 2 });
    run.complete('a~undo');
    expect(run.state).toMatchObject({
      status: RunStatus.Cancelled,
      error: { details: { uncompensated: [{ step: 'b', error: boom() }] } },
    });
  });
});

describe('a run for later', () => {
  it('can be cancelled before', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' } }), {}, { startAt: after(1_000).toISOString() });
    expect(() => run.send({ kind: 'pause', ...said })).toThrow(/has not begun yet.*cancel it instead/);
    run.send({ kind: 'cancel', ...said });
    run.now = after(1_000);
    expect(run.send({ kind: 'tick' })).toEqual([]);
  });

  it('begins with the tick of its time', () => {
    const run = new RunSimulator(workflow({ a: { task: 'x' } }), {}, { startAt: after(1_000).toISOString() });
    expect(run.state.status).toBe('scheduled');
    expect(nextTickAt(run.state)).toBe(after(1_000).getTime());
    expect(run.send({ kind: 'tick' })).toEqual([]);
    run.now = after(1_000);
    expect(types(run.send({ kind: 'tick' }))).toEqual(['run.started', 'attempt.scheduled']);
  });
});
