import { InternalError, type StoredRunEvent, type TaskResult, Unavailable, type WorkflowDocument } from '@aet/contracts';
import { InMemoryRunList, InMemoryRunLog } from '@aet/persistence/testing';
import type { Log } from '@aet/telemetry';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { BY, workflow } from '@aet/runs/testing';
import { PAYLOAD_LIMIT_BYTES } from '@aet/runs';
import { ApplyResults } from './apply-results.js';
import { ExpireRuns } from './expire-runs.js';
import { RunMetrics, type Surroundings, WorkflowCatalog } from './ports.js';
import { QueryRun } from './query-run.js';
import { RunStore } from './run-store.js';
import { SubmitRun } from './submit-run.js';
import { WorkRoom } from './work-room.js';

class CountingMetrics extends RunMetrics {
  readonly refusals: string[] = [];
  conflicts = 0;
  appended(): void {}
  conflict(): void {
    this.conflicts++;
  }
  refused(reason: string): void {
    this.refusals.push(reason);
  }
}

class OneWorkflow extends WorkflowCatalog {
  document = workflow({ a: { task: 'x' }, b: { task: 'y', needs: ['a'] } });
  list() {
    return Promise.resolve([]);
  }
  find() {
    return Promise.resolve(this.document);
  }
}

const silent = { debug: vi.fn<() => void>(), warn: vi.fn<() => void>(), error: vi.fn<() => void>() } as unknown as Log;
let ids = 0;
let now = new Date('2026-01-01T00:00:00Z');
const surroundings: Surroundings = {
  circumstances: () => ({ now, random: () => 0.5 }),
  newRunId: () => `01939c2e-0000-7000-8000-${String(++ids).padStart(12, '0')}`,
};

/** One orchestrator process over a log that it shares with others. */
class Replica {
  readonly metrics = new CountingMetrics();
  readonly catalog = new OneWorkflow();
  readonly store: RunStore;
  readonly submit: SubmitRun;
  readonly results: ApplyResults;
  readonly query: QueryRun;
  readonly expire: ExpireRuns;

  constructor(log: InMemoryRunLog) {
    const list = new InMemoryRunList(log);
    this.store = new RunStore(log, this.metrics);
    this.submit = new SubmitRun(this.store, list, this.catalog, surroundings, 'mainpc', new WorkRoom());
    this.results = new ApplyResults(this.store, this.metrics, surroundings, silent);
    this.query = new QueryRun(this.store, log, list, 'mainpc');
    this.expire = new ExpireRuns(this.store, list, surroundings);
  }
}

const done = (runId: string, step: string, more: Partial<TaskResult> = {}): TaskResult =>
  ({
    v: 1,
    runId,
    step,
    attempt: 1,
    epoch: 1,
    by: BY,
    startedAt: '',
    durationMs: 1,
    status: 'completed',
    output: step,
    ...more,
  }) as TaskResult;

const types = (events: readonly StoredRunEvent[]) => events.map(({ type }) => type);

let log: InMemoryRunLog;
let one: Replica;
let two: Replica;

beforeEach(() => {
  log = new InMemoryRunLog(() => now);
  one = new Replica(log);
  two = new Replica(log);
});

const submitted = async (document?: WorkflowDocument): Promise<string> =>
  (await one.submit.execute(document === undefined ? { workflow: 'example' } : { document })).runId;

describe('submit', () => {
  it('answers after the commit, with the run id as correlation id when none is given', async () => {
    const accepted = await one.submit.execute({ workflow: 'example' });
    expect(accepted).toEqual({ runId: accepted.runId, correlationId: accepted.runId, cell: 'mainpc', existing: false });
    expect(types(await log.read(accepted.runId))).toEqual(['run.submitted', 'attempt.scheduled']);
    expect(await one.submit.execute({ workflow: 'example' }, 'given')).toMatchObject({ correlationId: 'given' });
  });

  it('answers for each of many, though some are wrong or came before', async () => {
    const before = await one.submit.execute({ workflow: 'example', idempotencyKey: 'once' });
    const { results } = await one.submit.executeAll([
      { workflow: 'example' },
      { workflow: 'example', document: one.catalog.document },
      { workflow: 'example', idempotencyKey: 'once' },
      { document: workflow({ a: { task: 'x', needs: ['nobody'] } }) },
      { workflow: 'example', idempotencyKey: 'twice' },
      { workflow: 'example', idempotencyKey: 'twice' },
    ]);
    expect(results).toMatchObject([
      { accepted: { existing: false } },
      { error: { code: 'VALIDATION_FAILED' } },
      { accepted: { runId: before.runId, existing: true } },
      { error: { code: 'WORKFLOW_INVALID' } },
      { accepted: {} },
      { accepted: {} },
    ]);
    const [first, second] = results.slice(4).map((result) => ('accepted' in result ? result.accepted : undefined));
    expect(first?.runId).toBe(second?.runId);
    expect([first?.existing, second?.existing]).toEqual([false, true]);
  });

  it('shares one document among the runs that bring the same', async () => {
    const document = () => workflow({ a: { task: 'x' } });
    const [a, b] = [await submitted(document()), await submitted(document())];
    expect((await one.store.recent(a))?.workflow).toBe((await one.store.recent(b))?.workflow);
  });

  it('makes one run of one key, also when two replicas get it at once', async () => {
    const request = { workflow: 'example', idempotencyKey: 'once' };
    const both = await Promise.all([one.submit.execute(request), two.submit.execute(request)]);
    expect(both.filter(({ existing }) => existing)).toHaveLength(1);
    expect(both[0].runId).toBe(both[1].runId);
    expect(await two.submit.execute(request)).toMatchObject({ runId: both[0].runId, existing: true });
  });

  it.each([
    ['neither a name nor a document', {}, 'VALIDATION_FAILED'],
    ['both', { workflow: 'example', document: workflow({ a: { task: 'x' } }) }, 'VALIDATION_FAILED'],
    ['a wrong document', { document: workflow({ a: { task: 'x', needs: ['z'] } }) }, 'WORKFLOW_INVALID'],
    ['an unknown input', { workflow: 'example', inputs: { z: 1 } }, 'VALIDATION_FAILED'],
    [
      'too much',
      { document: { ...workflow({ a: { task: 'x' } }), description: 'z'.repeat(PAYLOAD_LIMIT_BYTES) } },
      'PAYLOAD_TOO_LARGE',
    ],
  ])('refuses %s', async (_, request, code) => {
    await expect(one.submit.execute(request)).rejects.toMatchObject({ code });
    expect(log.heads().size).toBe(0);
  });
});

describe('results', () => {
  it('of many runs come in one batch, and each run goes on', async () => {
    const runs = [await submitted(), await submitted()];
    await one.results.execute(runs.flatMap((run) => [done(run, 'a'), done(run, 'b')]));
    for (const run of runs) expect(await one.query.get(run)).toMatchObject({ status: 'completed', output: { a: 'a', b: 'b' } });
  });

  it('count once, however often and wherever they come', async () => {
    const run = await submitted();
    await Promise.all([one, two, one, two].map(({ results }) => results.execute([done(run, 'a')])));
    expect(types(await log.read(run)).filter((type) => type === 'attempt.completed')).toHaveLength(1);
    expect([...one.metrics.refusals, ...two.metrics.refusals]).toEqual(Array(3).fill('late-or-duplicate'));
  });

  it('are not refused by a replica that is behind the log', async () => {
    const run = await submitted();
    await two.query.get(run);
    await one.results.execute([done(run, 'a')]);
    await two.results.execute([done(run, 'b')]);
    expect(two.metrics.refusals).toEqual([]);
    expect(await one.query.get(run)).toMatchObject({ status: 'completed' });
  });

  it('of two replicas at once are both taken: who is second decides again', async () => {
    const run = await submitted(workflow({ a: { task: 'x' }, b: { task: 'x' }, c: { task: 'y', needs: ['a', 'b'] } }));
    await two.query.get(run);
    await Promise.all([one.results.execute([done(run, 'a')]), two.results.execute([done(run, 'b')])]);
    expect(one.metrics.conflicts + two.metrics.conflicts).toBe(1);
    const scheduled = (await log.read(run)).filter((event) => event.type === 'attempt.scheduled');
    expect(scheduled.map(({ data }) => data.step)).toEqual(['a', 'b', 'c']);
  });

  it('of unknown runs, old owners, other versions and no sense are refused and counted, and hold up nobody', async () => {
    const run = await submitted();
    const unknown = surroundings.newRunId();
    await one.results.execute([
      done(unknown, 'a'),
      done(run, 'a', { epoch: 7 }),
      done(run, 'a', { v: 9 as 1 }),
      done('no id', 'a'),
      null as unknown as TaskResult,
      done(run, 'a'),
    ]);
    expect(one.metrics.refusals.toSorted()).toEqual([
      'malformed',
      'malformed',
      'stale-owner',
      'unknown-run',
      'unsupported-version',
    ]);
    expect(await one.query.attempt({ runId: run, step: 'a', attempt: 1 })).toEqual({ state: 'finished' });
  });

  it('that are too large become a failure with the remedy', async () => {
    const run = await submitted();
    await one.results.execute([done(run, 'a', { output: 'x'.repeat(PAYLOAD_LIMIT_BYTES + 1) })]);
    expect(await one.query.get(run)).toMatchObject({
      status: 'failed',
      error: { code: 'PAYLOAD_TOO_LARGE', message: expect.stringContaining('artifact') as string },
    });
  });

  it('are given again when the database is away, and are taken then, whether or not they had been written', async () => {
    const run = await submitted();
    log.failNext(new Unavailable('gone'));
    await expect(one.results.execute([done(run, 'a')])).rejects.toThrow('gone');
    await two.results.execute([done(run, 'a')]);
    await one.results.execute([done(run, 'a'), done(run, 'b')]);
    expect(await one.query.get(run)).toMatchObject({ status: 'completed' });
  });

  it('of a run whose log is broken are dropped and counted, and the others are taken', async () => {
    const [broken, fine] = [await submitted(), await submitted()];
    log.failNext(new InternalError('broken chain'));
    await one.results.execute([done(broken, 'a'), done(fine, 'a')]);
    expect(one.metrics.refusals).toEqual(['broken-log']);
    expect(await one.query.attempt({ runId: fine, step: 'a', attempt: 1 })).toEqual({ state: 'finished' });
  });
});

describe('queries', () => {
  it('say that a run is unknown', async () => {
    const runId = surroundings.newRunId();
    await expect(one.query.get(runId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(one.query.events({ runId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(one.query.attempt({ runId, step: 'a', attempt: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('give events in pages that fit into a message', async () => {
    const document = workflow(Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { task: 'x' }])));
    const run = await submitted(document);
    await one.results.execute(['a', 'b', 'c'].map((step) => done(run, step, { output: step.repeat(400 * 1024) })));
    let after = 0;
    const sizes: number[] = [];
    for (;;) {
      const { events } = await one.query.events({ runId: run, after });
      if (events.length === 0) break;
      sizes.push(JSON.stringify(events).length);
      after = events.at(-1)?.sequence ?? Infinity;
    }
    expect(after).toBe((await log.read(run)).length);
    expect(Math.max(...sizes)).toBeLessThan(1024 * 1024);
  });
});

describe('the timeout of a run', () => {
  it('is kept by whichever replica looks first', async () => {
    const run = await submitted(workflow({ a: { task: 'x' } }, { timeout: '1m' }));
    await one.expire.execute();
    expect(await one.query.get(run)).toMatchObject({ status: 'running' });
    now = new Date(now.getTime() + 60_000);
    await Promise.all([one.expire.execute(), two.expire.execute()]);
    expect(types(await log.read(run)).filter((type) => type === 'run.failed')).toHaveLength(1);
  });
});
