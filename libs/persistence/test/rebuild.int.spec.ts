import type { RebuildProgress } from '@aet/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ArchivedEvents,
  Archiver,
  createPool,
  PostgresDispatchTable,
  PostgresFactCursor,
  PostgresRunList,
  PostgresRunLog,
  Rebuilder,
} from '../src/index.js';
import { InMemoryArchiveStore, PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const { completed, runCompleted, runFailed, scheduled, submitted } = runEvents;
const FAR = Number.MAX_SAFE_INTEGER;

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
});
afterAll(() => server.stop());

async function cell() {
  const config = { ...(await server.freshDatabase()), poolSize: 8 };
  await migrated(config);
  const pool = createPool(config);
  const store = new InMemoryArchiveStore();
  const archive = new ArchivedEvents(store);
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64, archive });
  const list = new PostgresRunList(pool);
  const table = new PostgresDispatchTable(pool);
  return {
    config,
    pool,
    log,
    list,
    table,
    archiver: new Archiver(pool, store, { cell: 'here' }),
    cursor: new PostgresFactCursor(pool),
    rebuilder: new Rebuilder(pool, archive),
    /** Everything that a rebuild makes. */
    async serving(): Promise<unknown> {
      const tables = ['run_list', 'run_dispatch', 'run_timer', 'run_child'];
      const rows = await Promise.all(
        tables.map(
          async (name) =>
            (await pool.query(`SELECT to_jsonb(t) - 'order_position' AS row FROM aet.${name} t ORDER BY t::text`)).rows,
        ),
      );
      return { rows, counts: (await list.list({ limit: 1, counts: true })).counts };
    },
    leftovers: async () => (await pool.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'aet_rebuild'`)).rows,
    async [Symbol.asyncDispose]() {
      await log.close();
      await pool.end();
    },
  };
}

type Cell = Awaited<ReturnType<typeof cell>>;

async function fill(here: Cell): Promise<string[]> {
  const runs = Array.from({ length: 12 }, () => runIdAt(Date.now()));
  for (const [n, runId] of runs.entries()) {
    await here.log.append(runId, 0, [
      submitted({ idempotencyKey: `key ${n}` }),
      scheduled('a'),
      scheduled('b', 1, { orderKey: 'o' }),
    ]);
    if (n % 3 === 0) await here.log.append(runId, 3, [completed('a'), completed('b'), runCompleted()]);
    if (n % 3 === 1) await here.log.append(runId, 3, [runFailed('disk full')]);
  }
  const waiting = runIdAt(Date.now());
  await here.log.append(waiting, 0, [
    submitted(),
    {
      type: 'child.requested',
      data: {
        step: 'c',
        attempt: 1,
        childRunId: runIdAt(Date.now()),
        workflow: 'w',
        inputs: {},
        priority: 'normal',
        retry: { attempts: 1, initialMs: 1, maxMs: 1 },
      },
    },
  ]);
  const later = runIdAt(Date.now());
  await here.log.append(later, 0, [submitted({ startAt: '2100-01-01T00:00:00.000Z' })]);
  return [...runs, waiting, later];
}

describe('a rebuild', () => {
  it('makes what serves, from segments and log, and keeps what the log does not say', async () => {
    await using here = await cell();
    const runs = await fill(here);
    const open = runs[2] ?? '';
    await here.cursor.advance(runs.map((runId) => ({ runId, after: 0, told: 6 })));
    expect(await here.archiver.round(new Date(Date.now() + 60_000))).toMatchObject({ runs: 8 });
    await here.table.markPublished(
      [{ runId: open, step: 'a', attempt: 1, streamSequence: 7, redispatches: 1, publishedAs: 'normal' }],
      1_000,
    );
    const before = await here.serving();
    const told: RebuildProgress[] = [];
    const done = await here.rebuilder.rebuild({ onProgress: (progress) => told.push(progress) });
    expect(done).toMatchObject({ phase: 'done', runs: 14, totalRuns: 14 });
    expect(new Set(told.map(({ phase }) => phase))).toEqual(new Set(['folding', 'indexes', 'swapping', 'done']));
    expect(await here.serving()).toEqual(before);
    expect(await here.leftovers()).toEqual([]);
    await here.rebuilder.rebuild(); // and again: the indexes have their names
    expect(await here.serving()).toEqual(before);
    await here.log.append(open, 3, [runFailed()]);
    expect(await here.list.find(open)).toMatchObject({ status: 'failed' });
  });

  it('repairs rows that were changed, lost or added', async () => {
    await using here = await cell();
    const runs = await fill(here);
    const before = await here.serving();
    await here.pool.query(`UPDATE aet.run_list SET status = 'running', workflow = 'x' WHERE run_id = $1`, [runs[0]]);
    await here.pool.query('DELETE FROM aet.run_list WHERE run_id = $1', [runs[1]]);
    await here.pool.query('DELETE FROM aet.run_dispatch WHERE run_id = $1', [runs[2]]);
    await here.pool.query(`UPDATE aet.run_count SET runs = runs + 5`);
    await here.pool.query('DELETE FROM aet.run_timer');
    await here.rebuilder.rebuild();
    expect(await here.serving()).toEqual(before);
  });

  it('from a time on leaves older runs as they are', async () => {
    await using here = await cell();
    const [old, fresh] = [runIdAt(Date.now()), runIdAt(Date.now())];
    await here.log.append(old, 0, [submitted()]);
    await here.log.append(fresh, 0, [submitted()]);
    await here.pool.query(`UPDATE aet.run_head SET updated_at = '2020-01-01' WHERE run_id = $1`, [old]);
    await here.pool.query(`UPDATE aet.run_list SET priority = 'low'`);
    await here.rebuilder.rebuild({ fromTimestamp: new Date('2021-01-01') });
    const { rows } = await here.pool.query('SELECT run_id, priority FROM aet.run_list ORDER BY priority');
    expect(rows).toEqual([
      { run_id: old, priority: 'low' },
      { run_id: fresh, priority: 'normal' },
    ]);
  });

  it('misses no append that goes on meanwhile, and appends lose none', async () => {
    await using here = await cell();
    await fill(here);
    const over = new AbortController();
    const appending = Array.from({ length: 8 }, async () => {
      const runs: string[] = [];
      while (!over.signal.aborted) {
        const runId = runIdAt(Date.now());
        await here.log.append(runId, 0, [submitted(), scheduled('a')]);
        if (runs.length % 2 === 0) await here.log.append(runId, 2, [completed('a'), runCompleted()]);
        runs.push(runId);
      }
      return runs;
    });
    for (let n = 0; n < 3; n++) await here.rebuilder.rebuild();
    over.abort();
    const runs = (await Promise.all(appending)).flat();
    const { rows } = await here.pool.query<{ run_id: string; status: string }>('SELECT run_id, status FROM aet.run_list');
    const status = new Map(rows.map((row) => [row.run_id, row.status]));
    expect(runs.filter((runId) => status.get(runId) === undefined)).toEqual([]);
    const before = await here.serving();
    await here.rebuilder.rebuild();
    expect(await here.serving()).toEqual(before);
    const open = (await here.table.unpublished(FAR, 1_000_000)).filter((row) => runs.includes(row.runId));
    expect(open.every((row) => status.get(row.runId) === 'running')).toBe(true);
  });

  it('runs once at a time, can be called off, and leaves nothing of either', async () => {
    await using here = await cell();
    await fill(here);
    const before = await here.serving();
    const [one, two] = await Promise.allSettled([here.rebuilder.rebuild(), here.rebuilder.rebuild()]);
    expect([one.status, two.status].toSorted()).toEqual(['fulfilled', 'rejected']);
    expect([one, two].find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
    await expect(here.rebuilder.rebuild({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await here.leftovers()).toEqual([]);
    expect(await here.serving()).toEqual(before);
  });

  it.each([
    [
      'a table that is missing',
      'ALTER TABLE aet.run_timer RENAME TO gone',
      'ALTER TABLE aet.gone RENAME TO run_timer',
      /run_timer/,
    ],
    [
      'a refused permission',
      'ALTER SCHEMA aet_rebuild RENAME TO theirs',
      'ALTER SCHEMA theirs RENAME TO aet_rebuild',
      /aet_rebuild/,
    ],
  ])('stops at %s, and changes nothing', async (_what, breaking, mending, said) => {
    await using here = await cell();
    await fill(here);
    const before = await here.serving();
    await here.pool.query(breaking);
    await expect(here.rebuilder.rebuild()).rejects.toThrow(said);
    await here.pool.query(mending);
    expect(await here.serving()).toEqual(before);
    expect(await here.leftovers()).toEqual([]);
    await here.rebuilder.rebuild();
  });

  it('leaves the serving tables alone when all ends in a crash, and the next start drops what it left', async () => {
    await using here = await cell();
    const runs = await fill(here);
    const before = await here.serving();
    // An append that is not committed keeps it before its swap.
    const blocker = await here.pool.connect();
    blocker.on('error', () => undefined);
    await blocker.query('BEGIN');
    await blocker.query('SELECT FROM aet.run_head WHERE run_id = $1 FOR UPDATE', [runs[0]]);
    // Of a process that goes with the server: it can clean nothing up.
    const theirs = createPool(here.config);
    const rebuilding = new Rebuilder(theirs, new ArchivedEvents(new InMemoryArchiveStore())).rebuild();
    rebuilding.catch(() => undefined);
    await expect.poll(here.leftovers).not.toEqual([]);
    const ended = theirs.end();
    await server.kill();
    blocker.release(true);
    await server.restart();
    await expect(rebuilding).rejects.toThrow('rebuilding the projections');
    await ended;
    expect(await here.leftovers()).not.toEqual([]);
    await here.rebuilder.clean();
    expect(await here.leftovers()).toEqual([]);
    expect(await here.serving()).toEqual(before);
  });
});
