import { ResourceExhausted } from '@aet/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArchivedEvents, ArchiveKeeper, Archiver, createPool, PostgresFactCursor, PostgresRunLog } from '../src/index.js';
import { InMemoryArchiveStore, PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const { completed, runCompleted, scheduled, submitted } = runEvents;
const SOON = (): Date => new Date(Date.now() + 60_000);

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
});
afterAll(() => server.stop());

/** A cell with a database and an archive of its own. */
async function cell(segmentBytes?: number) {
  const config = await server.freshDatabase();
  await migrated(config);
  const pool = createPool(config);
  const store = new InMemoryArchiveStore();
  const archive = new ArchivedEvents(store);
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64, archive });
  const cursor = new PostgresFactCursor(pool);
  const archiver = new Archiver(pool, store, { cell: 'here', ...(segmentBytes === undefined ? {} : { segmentBytes }) });
  return {
    pool,
    store,
    archive,
    log,
    archiver,
    keeper: new ArchiveKeeper(pool, store, archive),
    /** A run that has ended, and of which the world was told. */
    async ended(steps = 3): Promise<string> {
      const runId = runIdAt(Date.now());
      const events = Array.from({ length: steps }, (_, n) => [scheduled(`s${n}`), completed(`s${n}`)]).flat();
      await log.append(runId, 0, [submitted(), ...events, runCompleted({ ok: true })]);
      await cursor.advance([{ runId, after: 0, told: 2 * steps + 2 }]);
      return runId;
    },
    rows: async (runId: string): Promise<number> =>
      (await pool.query('SELECT FROM aet.run_event WHERE run_id = $1', [runId])).rowCount ?? 0,
    async [Symbol.asyncDispose]() {
      await log.close();
      await pool.end();
    },
  };
}

describe('the archive', () => {
  it('takes the events of ended runs, and gives them back as if they were still there', async () => {
    await using here = await cell();
    const first = await here.ended();
    const runs = [first, await here.ended(), await here.ended()];
    const open = runIdAt(Date.now());
    await here.log.append(open, 0, [submitted(), scheduled('a')]);
    const before = await Promise.all(runs.map((runId) => here.log.read(runId)));
    expect(await here.archiver.round(new Date(Date.now() - 60_000))).toBeUndefined(); // not old enough
    expect(await here.archiver.round(SOON())).toMatchObject({ runs: 3, events: 24, state: 'stored' });
    expect(await here.archiver.round(SOON())).toBeUndefined();
    expect(await Promise.all([...runs, open].map(here.rows))).toEqual([0, 0, 0, 2]);
    expect(await Promise.all(runs.map((runId) => here.log.read(runId)))).toEqual(before);
    expect(await here.log.read(first, 3, 2)).toEqual(before[0]?.slice(3, 5));
    expect(await here.log.read(first, 8)).toEqual([]);
  });

  it('cuts a long run into segments, and goes on with a run that is taken up again', async () => {
    await using here = await cell(3_000);
    const runId = await here.ended(20);
    const before = await here.log.read(runId);
    const segments = [];
    for (let one = await here.archiver.round(SOON()); one !== undefined; one = await here.archiver.round(SOON()))
      segments.push(one);
    expect(segments.length).toBeGreaterThan(2);
    expect(await here.log.read(runId)).toEqual(before);
    expect(await here.log.append(runId, 1, [runCompleted()])).toEqual({ kind: 'conflict', sequence: 42 });
    await here.log.append(runId, 42, [{ type: 'run.redriven', data: { by: 'test' } }]);
    expect((await here.log.read(runId)).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 43 }, (_, n) => n + 1));
    expect(await here.log.read(runId, 40)).toHaveLength(3);
  });

  it('puts back a run, or a whole segment, and removes a segment that holds nothing more', async () => {
    await using here = await cell();
    const [one, two] = [await here.ended(), await here.ended()];
    const before = await here.log.read(one);
    const { segment } = (await here.archiver.round(SOON()))!;
    expect((await here.keeper.show(segment)).pieces.map(({ runId }) => runId)).toEqual([one, two].toSorted());
    expect(await here.keeper.restoreRun(one)).toEqual({ runs: [one], events: 8 });
    expect(await here.rows(one)).toBe(8);
    expect(await here.log.read(one)).toEqual(before);
    expect(await here.keeper.list()).toHaveLength(1);
    expect(await here.keeper.restoreSegment(segment)).toEqual({ runs: [two], events: 8 });
    expect(await here.keeper.list()).toEqual([]);
    expect(here.store.objects.size).toBe(0);
    await expect(here.keeper.restoreRun(one)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await here.archiver.round(SOON())).toMatchObject({ runs: 2 }); // once more, when they are old enough again
  });

  it.each(['put', 'get'] as const)('loses nothing when it fails at %s, and leaves nothing behind', async (step) => {
    await using here = await cell();
    const runId = await here.ended();
    const before = await here.log.read(runId);
    here.store.failures.set(step, new ResourceExhausted('no room'));
    await expect(here.archiver.round(SOON())).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(await here.rows(runId)).toBe(8);
    const [interrupted] = await here.keeper.list();
    expect(interrupted).toMatchObject({ state: 'writing' });
    expect(await here.archiver.round(SOON())).toMatchObject({ runs: 1 });
    expect((await here.keeper.list()).map(({ state }) => state)).toEqual(['stored']);
    expect([...here.store.objects.keys()]).not.toContain(interrupted?.segment);
    expect(await here.log.read(runId)).toEqual(before);
  });

  it('lets a table that is missing, or a permission, stop it without a loss', async () => {
    await using here = await cell();
    const runId = await here.ended();
    await here.pool.query('ALTER TABLE aet.archived_run RENAME TO gone');
    await expect(here.archiver.round(SOON())).rejects.toThrow(/archived_run.*does not exist/);
    expect(await here.rows(runId)).toBe(8);
    await here.pool.query('ALTER TABLE aet.gone RENAME TO archived_run');
    expect(await here.archiver.round(SOON())).toMatchObject({ runs: 1 });
    expect(await here.rows(runId)).toBe(0);
  });

  it('names segment and run when a segment is damaged, cut off or gone', async () => {
    await using here = await cell();
    const runId = await here.ended();
    const { segment } = (await here.archiver.round(SOON()))!;
    const content = here.store.objects.get(segment)!;
    const named = { code: 'INTERNAL', details: { segment, runId } };
    here.store.objects.set(segment, content.with(content.length >> 1, (content.at(content.length >> 1) ?? 0) ^ 1));
    await expect(here.log.read(runId)).rejects.toMatchObject(named);
    here.store.objects.set(segment, content.slice(0, 100));
    await expect(here.log.read(runId)).rejects.toThrow(new RegExp(`${segment}.*${runId}`));
    here.store.objects.delete(segment);
    await expect(here.keeper.restoreRun(runId)).rejects.toMatchObject(named);
    here.store.objects.set(segment, content);
    expect(await here.log.read(runId)).toHaveLength(8);
  });

  it('has one archiver at a time, however many replicas there are', async () => {
    await using here = await cell();
    for (let n = 0; n < 5; n++) await here.ended();
    const rounds = await Promise.all(Array.from({ length: 4 }, () => here.archiver.round(SOON())));
    expect(rounds.filter((round) => round !== undefined).reduce((sum, { runs }) => sum + runs, 0)).toBe(5);
  });
});
