import { InternalError, type StoredRunEvent, Unavailable } from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RUN_LOG_MIGRATIONS } from '../src/index.js';
import { PostgresTestServer, runEvents, runLogContract } from '../src/testing/index.js';
import { migrated, openReplica } from './run-log-database.js';

const { completed, runCompleted, scheduled, submitted } = runEvents;

let server: PostgresTestServer;
let config: PostgresTestServer['config'];
const open: AsyncDisposable[] = [];

beforeAll(async () => {
  server = await PostgresTestServer.start();
  config = server.config;
  await migrated(config);
});
afterAll(async () => {
  for (const replica of open) await replica[Symbol.asyncDispose]();
  await server.stop();
});

const replica = () => {
  const made = openReplica(config);
  open.push(made);
  return made;
};

runLogContract('PostgresRunLog', async () => ({ log: replica().log, other: replica().log }));

describe('migrations', () => {
  it('run once when replicas start together', async () => {
    const fresh = await server.freshDatabase();
    const ran = await Promise.all([migrated(fresh), migrated(fresh), migrated(fresh)]);
    expect(ran.flat()).toHaveLength(RUN_LOG_MIGRATIONS.length);
  });
});

describe('many appends at once', () => {
  it('keep every run whole: 200 appends over 50 runs from two replicas', async () => {
    const [one, two] = [replica().log, replica().log];
    const runs = Array.from({ length: 50 }, () => randomUUID());
    await Promise.all(runs.map((runId) => one.append(runId, 0, [submitted()])));
    // each adds three of its own to each run, and decides again whenever the other was first
    const add = async (log: typeof one, runId: string, step: string) => {
      for (let expected = 1; ;) {
        const outcome = await log.append(runId, expected, [scheduled(step)]);
        if (outcome.kind === 'appended') return;
        expected = outcome.sequence;
      }
    };
    await Promise.all(runs.flatMap((runId) => ['a', 'b', 'c'].map((step, i) => add(i % 2 === 0 ? one : two, runId, step))));
    for (const runId of runs) {
      const events = await two.read(runId);
      expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
      const steps = events.slice(1).map(({ data }) => (data as { step: string }).step);
      expect(steps.toSorted((a, b) => a.localeCompare(b))).toEqual(['a', 'b', 'c']);
    }
  });

  it('let one that the database refuses harm none of the others in its commit', async () => {
    const { log } = replica();
    const good = Array.from({ length: 10 }, () => randomUUID());
    const refused = `a run id with NUL \0 in it`;
    const outcomes = await Promise.allSettled([
      ...good.slice(0, 5).map((runId) => log.append(runId, 0, [submitted()])),
      log.append(refused, 0, [submitted()]),
      ...good.slice(5).map((runId) => log.append(runId, 0, [submitted()])),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array(5).fill('fulfilled'),
      'rejected',
      ...Array(5).fill('fulfilled'),
    ]);
    for (const runId of good) expect(await log.read(runId)).toHaveLength(1);
  });

  it('are put into few commits', async () => {
    const { log, pool } = replica();
    const transactions = async () => {
      const { rows } = await pool.query<{ n: string }>('SELECT count(DISTINCT xmin::text) AS n FROM aet.run_event');
      return Number(rows[0]?.n);
    };
    const before = await transactions();
    await Promise.all(Array.from({ length: 500 }, () => log.append(randomUUID(), 0, [submitted()])));
    expect((await transactions()) - before).toBeLessThan(50);
  });
});

describe('a log that somebody changed', () => {
  const tampering: [string, string, RegExp][] = [
    [
      'data',
      `UPDATE aet.run_event SET data = '{"step":"x"}' WHERE run_id = $1 AND sequence = 2`,
      /event 2 is not what was written/,
    ],
    ['a time', `UPDATE aet.run_event SET time = time + interval '1 ms' WHERE run_id = $1 AND sequence = 3`, /event 3 /],
    ['a missing event', 'DELETE FROM aet.run_event WHERE run_id = $1 AND sequence = 2', /event 2 is missing/],
    ['a missing end', 'DELETE FROM aet.run_event WHERE run_id = $1 AND sequence > 2', /event 3 is missing/],
    ['all missing', 'DELETE FROM aet.run_event WHERE run_id = $1', /event 1 is missing/],
    ['an exchanged hash at the end', `UPDATE aet.run_head SET hash = '\\x00' WHERE run_id = $1`, /event 3 /],
  ];
  it.each(tampering)('is found out by read: %s', async (_what, sql, named) => {
    const { log, pool } = replica();
    const runId = randomUUID();
    await log.append(runId, 0, [submitted(), scheduled('a'), completed('a')]);
    await pool.query(sql, [runId]);
    const failure = log.read(runId);
    await expect(failure).rejects.toThrow(InternalError);
    await expect(failure).rejects.toThrow(named);
    await expect(failure).rejects.toThrow(runId);
  });
});

describe('durability', () => {
  it('is the run’s: only relaxed runs together may leave the flush out', async () => {
    const own = await server.freshDatabase();
    await migrated(own);
    await using replica = openReplica(own);
    const { log, pool } = replica;
    // runs as the last thing before each commit
    await pool.query(`
      CREATE TABLE lanes (run_id text, sequence int, flush text);
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO lanes VALUES (new.run_id, new.sequence, current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER note AFTER INSERT ON aet.run_event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()`);
    const [relaxed, strict] = [randomUUID(), randomUUID()];
    await log.append(relaxed, 0, [submitted({ durability: 'relaxed' })]);
    await log.append(relaxed, 1, [scheduled('a')]);
    await log.append(strict, 0, [submitted()]);
    await Promise.all([log.append(relaxed, 2, [completed('a')]), log.append(strict, 1, [scheduled('a')])]);
    const lanes = async (runId: string) =>
      (await pool.query<{ flush: string }>('SELECT flush FROM lanes WHERE run_id = $1 ORDER BY sequence', [runId])).rows;
    expect((await lanes(relaxed)).map(({ flush }) => flush)).toEqual(['off', 'off', 'on']);
    expect((await lanes(strict)).map(({ flush }) => flush)).toEqual(['on', 'on']);
    const setting = await pool.query<{ flush: string }>(`SELECT current_setting('synchronous_commit') AS flush`);
    expect(setting.rows).toEqual([{ flush: 'on' }]);
  });
});

describe('a database that goes away', () => {
  it('keeps every acknowledged append over kill -9, and takes new ones after its return', async () => {
    await using db = await PostgresTestServer.start();
    await migrated(db.config);
    await using replica = openReplica(db.config);
    const { log } = replica;
    const acknowledged = new Map<string, StoredRunEvent[]>();
    const lost: unknown[] = [];
    const stop = new AbortController();
    const write = async () => {
      while (!stop.signal.aborted) {
        const runId = randomUUID();
        const outcome = await log
          .append(runId, 0, [submitted(), scheduled('a')])
          .catch((error: unknown) => void lost.push(error));
        if (outcome?.kind === 'appended') acknowledged.set(runId, outcome.events);
      }
    };
    const writers = Array.from({ length: 8 }, write);
    await expect.poll(() => acknowledged.size, { timeout: 10_000 }).toBeGreaterThan(100);
    await db.kill();
    await expect.poll(() => lost.length, { timeout: 10_000 }).toBeGreaterThan(0);
    stop.abort();
    await Promise.all(writers);
    await db.restart();
    for (const error of lost) expect(error).toBeInstanceOf(Unavailable);
    for (const [runId, events] of acknowledged) expect(await log.read(runId)).toEqual(events);
    expect(await log.append(randomUUID(), 0, [submitted(), runCompleted()])).toMatchObject({ kind: 'appended' });
  });

  it('is Unavailable while it is away', async () => {
    await using db = await PostgresTestServer.start();
    await migrated(db.config);
    await using replica = openReplica(db.config);
    await replica.log.append('r', 0, [submitted()]);
    await db.shutdown();
    await expect(replica.log.append('r', 1, [scheduled('a')])).rejects.toThrow(Unavailable);
    await expect(replica.log.read('r')).rejects.toThrow(Unavailable);
    await expect(migrated(db.config)).rejects.toThrow(Unavailable);
    await db.restart();
    expect(await replica.log.append('r', 1, [scheduled('a')])).toMatchObject({ kind: 'appended' });
  });
});
