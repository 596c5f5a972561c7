import { type Lane, Priority, type TaskStep } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { BY, boom, RunSimulator, START, workflow } from '../../testing/run-simulator.js';
import { runView } from '../run.view.js';

const scheduled = (run: RunSimulator) => run.log.findLast(({ type }) => type === 'attempt.scheduled')?.data;

describe('a task', () => {
  const step: TaskStep = {
    task: 'x',
    heartbeat: '5s',
    timeout: '1m',
    delay: '10s',
    deadline: '12h',
    placement: { labels: { gpu: 'yes' } },
    cache: { key: 'of ${{ inputs.n }}', files: ['src/**'], ttl: '1h' },
    orderKey: '${{ inputs.n }}',
  };
  const asked = {
    heartbeatMs: 5_000,
    timeoutMs: 60_000,
    deadline: new Date(START.getTime() + 43_200_000).toISOString(),
    placement: { labels: { gpu: 'yes' } },
    cache: { key: 'of 7', files: ['src/**'], ttlMs: 3_600_000 },
    orderKey: '7',
  };
  const document = workflow({ a: step }, { inputs: { n: { type: 'number' } } });

  it('says to its host all that the step says, with each attempt', () => {
    const run = new RunSimulator(document, { n: 7 });
    expect(scheduled(run)).toMatchObject({ ...asked, attempt: 1, notBefore: new Date(START.getTime() + 10_000).toISOString() });
    run.now = new Date(START.getTime() + 60_000);
    run.fail('a', boom());
    expect(scheduled(run)).toMatchObject({ ...asked, attempt: 2 });
  });

  it('may have an output from before', () => {
    const run = new RunSimulator(document, { n: 7 });
    const cached = { runId: 'r', step: 'b', at: START.toISOString() };
    run.send({ kind: 'complete', step: 'a', attempt: 1, by: BY, durationMs: 0, output: 1, cached });
    expect(runView(run.state).steps[0]).toMatchObject({ output: 1, cached });
  });

  it.each<[Lane, Priority, Priority]>([
    ['real-time', 'normal', 'high'],
    ['real-time', 'critical', 'critical'],
    ['background', 'normal', 'low'],
    ['background', 'high', 'high'],
    ['parallel', 'normal', 'normal'],
  ])('of the lane %s in a run of priority %s has the priority %s', (lane, priority, expected) => {
    const run = new RunSimulator(workflow({ a: { task: 'x', lane } }), {}, { priority });
    expect(scheduled(run)).toMatchObject({ priority: expected });
  });

  it('has the priority that its step says, or that an operator said since', () => {
    const run = new RunSimulator(
      workflow({
        a: { task: 'x', lane: 'background', priority: 'critical' },
        b: { task: 'x', lane: 'background', needs: ['a'] },
      }),
    );
    expect(scheduled(run)).toMatchObject({ priority: Priority.Critical });
    run.send({ kind: 'prioritize', priority: 'normal', by: 'anna' });
    run.complete('a');
    expect(scheduled(run)).toMatchObject({ priority: Priority.Normal });
  });
});
