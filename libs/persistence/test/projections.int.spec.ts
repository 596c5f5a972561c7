import { attemptId, type ListRuns, type RunEvent, type StoredRunEvent, ValidationFailed } from '@aet/contracts';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresDispatchTable, PostgresFactCursor, PostgresRunList } from '../src/index.js';
import { projectDispatch } from '../src/projection/dispatch.js';
import { projectRunSummary } from '../src/projection/run-list.js';
import { PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated, openReplica } from './run-log-database.js';

const { completed, failed, runCompleted, runFailed, scheduled, submitted } = runEvents;
const FAR = Number.MAX_SAFE_INTEGER;

let server: PostgresTestServer;
let replica: ReturnType<typeof openReplica>;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  await migrated(server.config);
  replica = openReplica(server.config);
});
afterAll(async () => {
  await replica?.[Symbol.asyncDispose]();
  await server.stop();
});

const step = fc.constantFrom('a', 'b', 'c');
const attempt = fc.integer({ min: 1, max: 3 });
const item = fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined });
const event: fc.Arbitrary<RunEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(step, attempt, item).map(([s, n, i]) => scheduled(s, n, i === undefined ? {} : { item: i })) },
  { weight: 4, arbitrary: fc.tuple(step, attempt, item).map(([s, n, i]) => completed(s, n, i)) },
  { weight: 2, arbitrary: fc.tuple(step, attempt, item).map(([s, n, i]) => failed(s, n, i)) },
  { weight: 1, arbitrary: fc.constantFrom(runCompleted({ ok: true }), runFailed()) },
);

describe('projections', () => {
  it('equal a fold of the whole log, however it was cut into appends', async () => {
    const table = new PostgresDispatchTable(replica.pool);
    const list = new PostgresRunList(replica.pool);
    const cuts = fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(cuts, async (appends) => {
        const runId = randomUUID();
        const all: StoredRunEvent[] = [];
        for (const events of [[submitted()], ...appends]) {
          const outcome = await replica.log.append(runId, all.length, events);
          if (outcome.kind === 'appended') all.push(...outcome.events);
        }
        const rows = (await table.unpublished(FAR, 100_000)).filter((row) => row.runId === runId);
        const wanted = projectDispatch(all).opened.map((row) => ({ ...row, redispatches: 0 }));
        const byId = (a: (typeof rows)[number], b: (typeof rows)[number]) => attemptId(a).localeCompare(attemptId(b));
        expect(rows.toSorted(byId)).toEqual(wanted.toSorted(byId));
        expect(await list.find(runId)).toEqual(projectRunSummary(undefined, all));
      }),
      { numRuns: 40 },
    );
  });
});

describe('runs over their time', () => {
  it('are found until they end, and again when they are taken up', async () => {
    const list = new PostgresRunList(replica.pool);
    const other = openReplica(server.config);
    const [timed, untimed] = [randomUUID(), randomUUID()];
    const { workflow } = (submitted() as Extract<RunEvent, { type: 'run.submitted' }>).data;
    await replica.log.append(untimed, 0, [submitted()]);
    await replica.log.append(timed, 0, [submitted({ workflow: { ...workflow, timeout: '30s' } })]);
    const overdue = (afterMs: number) => list.overdue(new Date(Date.now() + afterMs), 10);
    expect(await overdue(0)).toEqual([]);
    expect(await overdue(60_000)).toEqual([timed]);
    await other.log.append(timed, 1, [runFailed()]); // one that reads where the run stands
    expect(await overdue(60_000)).toEqual([]);
    await replica.log.append(timed, 2, [{ type: 'run.redriven', data: { by: 'test' } }]);
    expect(await overdue(0)).toEqual([]);
    expect(await overdue(60_000)).toEqual([timed]);
    await other[Symbol.asyncDispose]();
  });
});

describe('the dispatch table', () => {
  it('gives rows when they are due, and knows what was published', async () => {
    const table = new PostgresDispatchTable(replica.pool);
    const runId = randomUUID();
    const later = Date.now() + 60_000;
    await replica.log.append(runId, 0, [
      submitted(),
      scheduled('now'),
      scheduled('later', 1, { notBefore: new Date(later).toISOString() }),
    ]);
    const mine = async (rows: Promise<{ runId: string; step: string }[]>) =>
      (await rows).filter((row) => row.runId === runId).map((row) => row.step);
    expect(await mine(table.unpublished(Date.now() + 1_000, 100_000))).toEqual(['now']);
    expect(await mine(table.unpublished(later + 1, 100_000))).toEqual(['now', 'later']);
    await table.markPublished(
      [{ runId, step: 'now', attempt: 1, streamSequence: 7, redispatches: 0, publishedAs: 'normal' }],
      1_000,
    );
    expect(await mine(table.unpublished(later + 1, 100_000))).toEqual(['later']);
    expect((await table.lingering(1_001, 10)).find((row) => row.runId === runId)).toMatchObject({
      streamSequence: 7,
      publishedAt: 1_000,
      redispatches: 0,
    });
    expect(await mine(table.lingering(1_000, 10))).toEqual([]);
  });

  it('never waits for an append, nor an append for it', async () => {
    const table = new PostgresDispatchTable(replica.pool);
    const runs = Array.from({ length: 30 }, (): string => randomUUID());
    const steps = ['a', 'b', 'c', 'd'];
    await Promise.all(runs.map((runId) => replica.log.append(runId, 0, [submitted(), ...steps.map((s) => scheduled(s))])));
    const marks = runs.flatMap((runId) =>
      steps.map((s) => ({ runId, step: s, attempt: 1, streamSequence: 1, redispatches: 0, publishedAs: 'normal' as const })),
    );
    await Promise.all([
      ...Array.from({ length: 10 }, (_, i) => table.markPublished(i % 2 ? marks : marks.toReversed(), i)),
      ...runs.map((runId) =>
        replica.log.append(
          runId,
          5,
          steps.map((s) => completed(s)),
        ),
      ),
    ]);
    expect((await table.lingering(FAR, 100_000)).filter(({ runId }) => runs.includes(runId))).toEqual([]);
  });
});

describe('the fact cursor', () => {
  it('moves only over what was told without a gap', async () => {
    const cursor = new PostgresFactCursor(replica.pool, () => Date.now() + 10_000);
    const runId = randomUUID();
    const mine = async () => (await cursor.behind(0, 100_000)).find((row) => row.runId === runId);
    await replica.log.append(runId, 0, [submitted(), scheduled('a'), completed('a')]);
    expect(await mine()).toEqual({ runId, told: 0, sequence: 3 });
    await cursor.advance([{ runId, after: 1, told: 3 }]);
    expect(await mine()).toEqual({ runId, told: 0, sequence: 3 });
    await cursor.advance([{ runId, after: 0, told: 2 }]);
    expect(await mine()).toEqual({ runId, told: 2, sequence: 3 });
    await cursor.advance([{ runId, after: 1, told: 3 }]);
    expect(await mine()).toBeUndefined();
  });

  it('takes several pieces of one run at once, in any order', async () => {
    const cursor = new PostgresFactCursor(replica.pool, () => Date.now() + 10_000);
    const runId = randomUUID();
    await replica.log.append(runId, 0, [submitted(), ...['a', 'b', 'c', 'd', 'e'].map((s) => scheduled(s))]);
    const pieces = [
      [4, 5],
      [1, 2],
      [0, 1],
      [2, 3],
    ].map(([after = 0, told = 0]) => ({ runId, after, told }));
    await cursor.advance(pieces);
    expect((await cursor.behind(0, 100_000)).find((row) => row.runId === runId)).toEqual({ runId, told: 3, sequence: 6 });
  });
});

describe('the list of runs', () => {
  it('pages from the newest on without a gap, while runs come in', async () => {
    const list = new PostgresRunList(replica.pool);
    const workflow = { ...(submitted().data as { workflow: object }).workflow, name: `w${randomUUID()}` };
    const submit = () => replica.log.append(randomUUID(), 0, [submitted({ workflow: workflow as never })]);
    for (let i = 0; i < 7; i++) await submit();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list.list({ workflow: workflow.name, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.runs.map((run): string => run.runId));
      cursor = page.next;
      await submit();
    } while (cursor !== undefined);
    expect(seen).toHaveLength(7);
    expect(new Set(seen).size).toBe(7);
    await expect(list.list({ cursor: 'bm90IG9uZQ' })).rejects.toThrow(ValidationFailed);
  });

  it('filters by status and finds a run by its key', async () => {
    const list = new PostgresRunList(replica.pool);
    const runId = randomUUID();
    await replica.log.append(runId, 0, [submitted({ idempotencyKey: `k${runId}` }), runFailed('for the test')]);
    const failedRuns = await list.list({ status: 'failed', limit: 500 });
    expect(failedRuns.runs.find((run) => run.runId === runId)).toMatchObject({ error: { message: 'for the test' } });
    expect((await list.list({ status: 'running', limit: 500 })).runs.map((run) => run.runId)).not.toContain(runId);
    expect(await list.findByIdempotencyKey(`k${runId}`)).toMatchObject({ runId, status: 'failed' });
    expect(await list.findByIdempotencyKey('another')).toBeUndefined();
  });
});

describe('turns of ordered tasks', () => {
  const refs = (rows: readonly { runId: string; step: string; attempt: number }[]) =>
    rows.map(({ step, attempt }) => `${step}:${attempt}`);

  it('are given one at a time, in the order of the commits, over all attempts, by any number of replicas', async () => {
    const table = new PostgresDispatchTable(replica.pool);
    const [first, second] = [randomUUID(), randomUUID()];
    const orderKey = `key ${randomUUID()}`;
    const key = [{ capability: 'secret-scan', orderKey }];
    await replica.log.append(first, 0, [
      submitted(),
      scheduled('a', 1, { orderKey }),
      scheduled('b', 1, { orderKey: `${orderKey} 2` }),
    ]);
    await replica.log.append(second, 0, [submitted(), scheduled('c', 1, { orderKey }), scheduled('free')]);
    const mine = async () => (await table.unpublished(FAR, 100_000)).filter(({ runId }) => runId === first || runId === second);
    expect(refs(await mine())).toEqual(['free:1']);

    const turns = await Promise.all(Array.from({ length: 8 }, () => table.giveTurns(key)));
    expect(refs(turns.flat())).toEqual(['a:1']);
    // Again and again at once: whoever is second learns that there is a first, by whichever constraint.
    for (let round = 0; round < 20; round++) {
      await replica.pool.query('DELETE FROM aet.order_turn WHERE order_key = $1', [orderKey]);
      const given = await Promise.all(Array.from({ length: 8 }, () => table.giveTurns(key)));
      expect(refs(given.flat())).toEqual(['a:1']);
    }
    expect(await table.orderedKeys(100_000)).toEqual(expect.arrayContaining(key));
    // A retry keeps the turn: nobody sees the moment between two attempts.
    await replica.log.append(first, 3, [failed('a', 1), scheduled('a', 2, { orderKey })]);
    expect(refs(await table.giveTurns(key))).toEqual([]);
    expect(refs(await mine()).toSorted()).toEqual(['a:2', 'free:1']);

    await replica.log.append(first, 5, [completed('a', 2)]);
    // Nobody says which key was freed: it is found.
    expect(refs(await table.giveTurns([]))).toEqual(['c:1']);
    await replica.log.append(second, 3, [runFailed()]);
    await replica.log.append(first, 6, [runCompleted()]);
    expect(refs(await table.giveTurns(key))).toEqual([]);
    const left = await replica.pool.query('SELECT FROM aet.order_turn WHERE order_key LIKE $1', [`${orderKey}%`]);
    expect(left.rowCount).toBe(0);
  });
});

describe('filters of the list', () => {
  const statusOf = async (runId: string): Promise<void> => {
    await replica.log.append(runId, 1, [runFailed('the disk of module-7 is full')]);
  };

  it('find runs by everything that is said of them, and count them', async () => {
    const list = new PostgresRunList(replica.pool);
    const [one, two, three] = [runIdAt(Date.now()), runIdAt(Date.now()), runIdAt(Date.now())];
    const { workflow } = (submitted() as Extract<RunEvent, { type: 'run.submitted' }>).data;
    const mine = { workflow: { ...workflow, name: `filters-${one.slice(-6)}` } };
    const parent = { runId: three, cell: 'mainpc', step: 's', attempt: 1, depth: 1 };
    await replica.log.append(one, 0, [submitted({ ...mine, priority: 'critical', lane: 'background', submittedBy: "o'Hara" })]);
    await replica.log.append(two, 0, [submitted({ ...mine, parent, schedule: 'nightly' })]);
    await replica.log.append(three, 0, [submitted({ ...mine, cell: 'pc2' })]);
    await statusOf(two);
    const found = async (query: Pick<ListRuns, keyof ListRuns>): Promise<string[]> =>
      (await list.list({ workflow: mine.workflow.name, ...query })).runs.map(({ runId }): string => runId).toSorted();
    expect(await found({})).toEqual([one, two, three].toSorted());
    expect(await found({ status: 'failed,cancelled' })).toEqual([two]);
    expect(await found({ status: 'running,failed' })).toEqual([one, two, three].toSorted());
    expect(await found({ priority: 'critical' })).toEqual([one]);
    expect(await found({ priority: 'normal' })).toEqual([two, three].toSorted());
    expect(await found({ lane: 'background' })).toEqual([one]);
    expect(await found({ submittedBy: "o'Hara" })).toEqual([one]);
    expect(await found({ parent: three })).toEqual([two]);
    expect(await found({ schedule: 'nightly' })).toEqual([two]);
    expect(await found({ cell: 'pc2' })).toEqual([three]);
    expect(await found({ since: '2100-01-01T00:00:00Z' })).toEqual([]);
    expect(await found({ before: '2100-01-01T00:00:00Z' })).toHaveLength(3);
    for (const text of ['disk', 'disk:*', 'modu disk', 'FULL', 'attempt_fail', 'module-7'])
      expect(await found({ text })).toEqual([two]);
    for (const text of ['disc', "'", '& | !', '\\', 'module-9q']) expect(await found({ text })).toEqual([]);
    expect(await found({ text: 'filters', status: 'running' })).toEqual([one, three].toSorted());
    const { counts } = await list.list({ limit: 1, counts: true });
    expect(counts?.byWorkflow).toContainEqual({ workflow: mine.workflow.name, total: 3, byStatus: { running: 2, failed: 1 } });
    expect(counts?.total).toBe(Object.values(counts?.byStatus ?? {}).reduce((sum, runs) => sum + runs, 0));
  });
});
