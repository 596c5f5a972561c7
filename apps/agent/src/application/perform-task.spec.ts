import { PayloadTooLarge, type TaskMessage, type TaskProgress, type TaskResult } from '@aet/contracts';
import type { Delivery } from '@aet/messaging';
import { describe, expect, it, vi } from 'vitest';
import {
  type AgentDefinition,
  type Ending,
  type ExecutionServices,
  type Executor,
  type ExecutorEvent,
  Roster,
} from '@aet/executors';
import { AttemptsInHand } from './attempts-in-hand.js';
import { PerformTask } from './perform-task.js';

const agent: AgentDefinition = {
  name: 'a',
  description: '',
  tools: [],
  prompt: '',
  capabilities: ['cap'],
  executor: 'scripted',
  source: '',
};
const task: TaskMessage = {
  v: 1,
  runId: 'r',
  step: 's',
  attempt: 1,
  cell: 'local',
  epoch: 0,
  capability: 'cap',
  priority: 'normal',
  input: {},
  timeoutMs: 60_000,
  correlationId: 'c',
  workflow: 'w',
  scheduledAt: '2026-01-01T00:00:00.000Z',
};
const noServices = {} as ExecutionServices;

class Scripted implements Executor {
  readonly name = 'scripted';
  runs = 0;
  constructor(private readonly script: (signal: AbortSignal) => AsyncIterable<ExecutorEvent>) {}
  run(_task: TaskMessage, { signal }: { signal: AbortSignal }): AsyncIterable<ExecutorEvent> {
    this.runs++;
    return this.script(signal);
  }
}

function host(
  executor: Executor,
  options: { tooLarge?: boolean; state?: 'open' | 'superseded'; saved?: unknown; earlier?: Ending } = {},
) {
  const results: TaskResult[] = [];
  const progress: TaskProgress[] = [];
  const open = new Set<string>();
  const finished: string[] = [];
  const attempts = new AttemptsInHand();
  const performer = new PerformTask(
    { cell: 'local', host: 'h', instance: 'i' },
    {
      roster: new Roster([agent]),
      executors: new Map([[executor.name, executor]]),
      services: noServices,
      results: {
        report: (result) => {
          if (options.tooLarge === true && result.status !== 'failed') return Promise.reject(new PayloadTooLarge('2 MB of 1 MB'));
          results.push(result);
          return Promise.resolve();
        },
      },
      progress: { tell: (news) => progress.push(news) },
      inquiry: { stateOf: () => Promise.resolve(options.state ?? 'open'), savedOf: () => Promise.resolve(options.saved) },
      workspaces: {
        create: () => (open.add('x'), Promise.resolve({ dir: '/x', dispose: () => Promise.resolve(void open.delete('x')) })),
      },
      attempts,
      recall: {
        through: (_task, _agent, _say, execute) => (options.earlier === undefined ? execute() : Promise.resolve(options.earlier)),
      },
      metrics: { finished: (_task, _agent, status) => finished.push(status) },
    },
  );
  const deliver = (change: Partial<Delivery<TaskMessage>> = {}) =>
    performer.perform({ message: task, deliveries: 1, signal: new AbortController().signal, ...change });
  return { deliver, results, progress, open, attempts, finished };
}

const completing = () =>
  new Scripted(async function* () {
    yield { kind: 'log', message: 'working' };
    yield { kind: 'completed', output: 42 };
  });
/** Ends only when aborted. */
const endless = () =>
  new Scripted(async function* (signal) {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    yield { kind: 'failed', message: 'stopped', retryable: true };
  });

describe('a delivered task', () => {
  it('is done, told and reported with who did it', async () => {
    const { deliver, results, progress, open } = host(completing());
    expect(await deliver()).toEqual({ kind: 'done' });
    expect(results).toMatchObject([
      { runId: 'r', step: 's', attempt: 1, status: 'completed', output: 42, by: { host: 'h', agent: 'a' } },
    ]);
    expect(progress.map((p) => p.kind)).toEqual(['started', 'log', 'finished']);
    expect(open.size).toBe(0);
  });

  it('is reported as taken from an earlier attempt when it is', async () => {
    const cached = { runId: 'r0', step: 's0', at: '2026-01-01T00:00:00.000Z' };
    const executor = completing();
    const { deliver, results } = host(executor, { earlier: { status: 'completed', output: 7, cached } });
    expect(await deliver()).toEqual({ kind: 'done' });
    expect(results).toMatchObject([{ status: 'completed', output: 7, cached }]);
    expect(executor.runs).toBe(0);
  });

  it('goes to the dead letters and fails its run when no agent can do it', async () => {
    const { deliver, results } = host(completing());
    expect(await deliver({ message: { ...task, capability: 'none' } })).toMatchObject({ kind: 'reject', reason: 'no-agent' });
    expect(await deliver({ message: { ...task, agent: 'b' }, deliveries: 10 })).toMatchObject({
      kind: 'reject',
      message: expect.stringContaining('named "b"') as string,
    });
    const error = { code: 'ATTEMPT_FAILED', retryable: false, message: expect.stringContaining('no agent') as string };
    expect(results).toMatchObject([
      { runId: 'r', step: 's', attempt: 1, epoch: 0, status: 'failed', error, by: { host: 'h', agent: 'none' } },
      { status: 'failed', error, by: { host: 'h', agent: 'b' } },
    ]);
  });

  it('is left to other hosts first when it names an agent that is not here', async () => {
    const { deliver, results } = host(completing());
    expect(await deliver({ message: { ...task, agent: 'b' } })).toMatchObject({ kind: 'retry', afterMs: 300 });
    expect(results).toEqual([]);
  });

  it('that runs too long is stopped and reported as such', async () => {
    const { deliver, results } = host(endless());
    expect(await deliver({ message: { ...task, timeoutMs: 5 } })).toEqual({ kind: 'done' });
    expect(results).toMatchObject([{ status: 'failed', error: { code: 'ATTEMPT_TIMEOUT', retryable: true } }]);
  });

  it('goes to another host when this one stops', async () => {
    const stop = new AbortController();
    const { deliver, results, open } = host(endless());
    const outcome = deliver({ signal: stop.signal });
    stop.abort();
    expect(await outcome).toMatchObject({ kind: 'retry', afterMs: 0 });
    expect([results.length, open.size]).toEqual([0, 0]);
  });

  it('whose output is too large to be carried fails with the remedy', async () => {
    const { deliver, results } = host(completing(), { tooLarge: true });
    await deliver();
    expect(results).toMatchObject([{ status: 'failed', error: { code: 'PAYLOAD_TOO_LARGE', retryable: false } }]);
  });

  it('whose executor throws or says nothing is a failure, not a crash', async () => {
    const throwing = host(
      new Scripted(() => {
        throw new Error('boom');
      }),
    );
    await throwing.deliver();
    expect(throwing.results).toMatchObject([{ status: 'failed', error: { message: 'boom' } }]);
    const silent = host(new Scripted(async function* () {}));
    await silent.deliver();
    expect(silent.results).toMatchObject([{ status: 'failed', error: { message: 'the executor ended without saying how' } }]);
  });
});

describe('an attempt that says nothing for too long', () => {
  it('is taken back, what it saved is kept, and it may be tried again', async () => {
    const saving = new Scripted(async function* (signal) {
      yield { kind: 'saved', saved: { page: 1 } };
      yield { kind: 'saved', saved: { page: 2 } };
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      yield { kind: 'failed', message: 'stopped', retryable: true };
    });
    const { deliver, results } = host(saving);
    expect(await deliver({ message: { ...task, heartbeatMs: 20 } })).toEqual({ kind: 'done' });
    expect(results.map(({ status }) => status)).toEqual(['saved', 'saved', 'failed']);
    expect(results[1]).toMatchObject({ saved: { page: 2 }, by: { agent: 'a' } });
    const message = expect.stringContaining('no sign of life for 20 ms') as string;
    expect(results[2]).toMatchObject({ error: { code: 'ATTEMPT_TIMEOUT', retryable: true, message } });
  });

  it('has what the one before had saved', async () => {
    const seen: unknown[] = [];
    const reading: Executor = {
      name: 'scripted',
      async *run(_task, { saved }) {
        seen.push(saved);
        yield { kind: 'completed', output: null };
      },
    };
    const { deliver } = host(reading, { saved: { page: 3 } });
    await deliver({ message: { ...task, saved: { page: 2 } } });
    await deliver();
    // Its first host died; what it had saved there is in the log.
    await deliver({ message: { ...task, saved: { page: 2 } }, deliveries: 2 });
    expect(seen).toEqual([{ page: 2 }, undefined, { page: 3 }]);
  });

  it('loses what is too large to be kept, and no more', async () => {
    const saving = new Scripted(async function* () {
      yield { kind: 'saved', saved: 'large' };
      yield { kind: 'failed', message: 'no', retryable: true };
    });
    const { deliver, results, progress } = host(saving, { tooLarge: true });
    expect(await deliver()).toEqual({ kind: 'done' });
    expect(results.map(({ status }) => status)).toEqual(['failed']);
    expect(progress.map(({ message }) => message)).toContainEqual(expect.stringContaining('could not be kept'));
  });
});

describe('an attempt that nobody waits for any more', () => {
  const notice = { runId: task.runId, at: new Date().toISOString() };

  it('ends, and nothing is told of it', async () => {
    const { deliver, results, attempts, finished } = host(endless());
    const outcome = deliver();
    await vi.waitFor(() => expect(attempts.stop(notice)).toBe(1));
    expect(await outcome).toEqual({ kind: 'done' });
    expect([results.length, finished]).toEqual([0, ['unwanted']]);
  });

  it('does not begin, when its owner says so', async () => {
    const unwanted = host(completing(), { state: 'superseded' });
    unwanted.attempts.stop(notice);
    expect(await unwanted.deliver()).toEqual({ kind: 'done' });
    expect(unwanted.results).toEqual([]);
    const wanted = host(completing());
    wanted.attempts.stop(notice);
    await wanted.deliver();
    expect(wanted.results).toMatchObject([{ status: 'completed' }]);
  });
});
