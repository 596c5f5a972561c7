import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createDataSource,
  createPool,
  LogPartitions,
  PostgresRunLog,
  RUN_LOG_MIGRATIONS,
  RUN_LOG_SCHEMA,
  runMigrations,
} from '../src/index.js';
import { idBound, missingPartitions } from '../src/archive/partition-plan.js';
import { PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated, openReplica } from './run-log-database.js';

const { runCompleted, submitted } = runEvents;
const DAY = 24 * 60 * 60 * 1_000;

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
});
afterAll(() => server.stop());

const partitionOf = async (pool: ReturnType<typeof createPool>, runId: string): Promise<string> =>
  (
    await pool.query<{ at: string }>('SELECT DISTINCT tableoid::regclass::text AS at FROM aet.run_event WHERE run_id = $1', [
      runId,
    ])
  ).rows
    .map(({ at }) => at)
    .join();

describe('the plan of partitions', () => {
  it('leaves no gap and no overlap, whatever the period was before', () => {
    const now = Date.UTC(2026, 10, 18, 12);
    const weeks = missingPartitions(undefined, now, 7);
    expect(weeks).toHaveLength(3);
    expect(weeks[0]).toEqual({ from: idBound(Date.UTC(2026, 10, 16)), to: idBound(Date.UTC(2026, 10, 23)) });
    const days = missingPartitions(weeks[0]?.to, now + 10 * DAY, 1);
    expect(days[0]?.from).toBe(weeks[0]?.to);
    expect(days.every(({ to }, index) => index === days.length - 1 || days[index + 1]?.from === to)).toBe(true);
    expect(missingPartitions(weeks[2]?.to, now, 7)).toEqual([]);
  });
});

describe('the log in partitions', () => {
  it('keeps every row of a log that was one table, and goes on with its runs', async () => {
    const config = await server.freshDatabase();
    const old = createDataSource(config, { schema: RUN_LOG_SCHEMA, migrations: RUN_LOG_MIGRATIONS.slice(0, 3) });
    await runMigrations(old);
    const [run, stray] = [runIdAt(Date.now() - 3 * DAY), 'ffffffff-0000-4000-8000-000000000000'];
    const data = JSON.stringify(submitted().data);
    for (const runId of [run, stray]) {
      await old.query(`INSERT INTO aet.run_event (run_id, sequence, type, data, time, prev_hash, hash)
        VALUES ('${runId}', 1, 'run.submitted', '${data}', now(), '\\x00', '\\x00')`);
      await old.query(`INSERT INTO aet.run_list (run_id, submitted_at, status, workflow, summary) VALUES ('${runId}', now(), 'failed', 'review',
        '{"runId":"${runId}","priority":"low","cell":"here","updatedAt":"2026-01-01T00:00:00.000Z","error":{"code":"X","message":"disk full"}}')`);
    }
    await old.destroy();
    expect(await migrated(config)).toContain('Record1764000000000');
    await using replica = openReplica(config);
    expect(await partitionOf(replica.pool, run)).toBe('run_event_before');
    expect(await partitionOf(replica.pool, stray)).toBe('run_event_stray');
    const { rows } = await replica.pool.query('SELECT priority, cell, submitted_by, error FROM aet.run_list WHERE run_id = $1', [
      run,
    ]);
    expect(rows).toEqual([{ priority: 'low', cell: 'here', submitted_by: 'test', error: 'X disk full' }]);
    const { rows: counts } = await replica.pool.query('SELECT workflow, status, runs FROM aet.run_count');
    expect(counts).toEqual([{ workflow: 'review', status: 'failed', runs: '2' }]);
    const fresh = runIdAt(Date.now());
    await replica.log.append(fresh, 0, [submitted()]);
    expect(await partitionOf(replica.pool, fresh)).toBe('run_event_before');
  });

  it('are made ahead, take in strays of their time, and go when they are empty', async () => {
    const config = await server.freshDatabase();
    await migrated(config);
    await using replica = openReplica(config);
    const { log, pool }: { log: PostgresRunLog; pool: ReturnType<typeof createPool> } = replica;
    const far = runIdAt(Date.now() + 30 * DAY);
    await log.append(far, 0, [submitted(), runCompleted()]);
    expect(await partitionOf(pool, far)).toBe('run_event_stray');
    const later = new LogPartitions(pool, () => Date.now() + 30 * DAY);
    const [one, two] = await Promise.all([later.maintain(7), later.maintain(7)]);
    expect([...one.made, ...two.made].length).toBeGreaterThan(2);
    expect(await partitionOf(pool, far)).toMatch(/^run_event_\d{8}$/);
    expect(await log.read(far)).toHaveLength(2);
    // The week of today is empty and over by then; the one with the run is not.
    expect([...one.dropped, ...two.dropped].length).toBeGreaterThan(0);
    expect(await later.maintain(7)).toEqual({ made: [], dropped: [] });
    const today = runIdAt(Date.now());
    await log.append(today, 0, [submitted()]);
    expect(await log.read(today)).toHaveLength(1);
  });
});
