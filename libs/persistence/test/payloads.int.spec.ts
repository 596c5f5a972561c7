import type { PayloadRef, RunEvent } from '@aet/contracts';
import type { PayloadStore, StoredPayload } from '@aet/messaging';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ArchivedEvents,
  ArchiveKeeper,
  Archiver,
  createPool,
  PayloadCleaner,
  PostgresEffectLedger,
  PostgresFactCursor,
  PostgresRunLog,
} from '../src/index.js';
import { InMemoryArchiveStore, PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const { completed, runCompleted, runFailed, scheduled, submitted } = runEvents;
const HOUR_MS = 3_600_000;
const never = new AbortController().signal;
const soon = (): Date => new Date(Date.now() + 60_000);

const ref = (text: string): PayloadRef => ({
  $payload: { sha256: createHash('sha256').update(text).digest('hex'), bytes: 300_000, cell: 'here' },
});

/** Values by when they were put; another process can put one in the last moment. */
class Values implements Pick<PayloadStore, 'storedBefore' | 'remove'> {
  readonly putAt = new Map<string, number>();
  beforeRemoval: () => Promise<unknown> = async () => undefined;

  put(text: string, at: number): PayloadRef {
    this.putAt.set(ref(text).$payload.sha256, at);
    return ref(text);
  }
  has = (text: string): boolean => this.putAt.has(ref(text).$payload.sha256);
  async storedBefore(before: number): Promise<StoredPayload[]> {
    return [...this.putAt].filter(([, at]) => at < before).map(([sha256]) => ({ sha256, bytes: 300_000 }));
  }
  async remove(sha256: string, before: number): Promise<boolean> {
    await this.beforeRemoval();
    return (this.putAt.get(sha256) ?? Infinity) < before && this.putAt.delete(sha256);
  }
}

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
});
afterAll(() => server.stop());

async function cell() {
  const config = await server.freshDatabase();
  await migrated(config);
  const pool = createPool(config);
  const segments = new InMemoryArchiveStore();
  const archive = new ArchivedEvents(segments);
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64, archive });
  const values = new Values();
  const cursor = new PostgresFactCursor(pool);
  return {
    pool,
    log,
    values,
    segments,
    archiver: new Archiver(pool, segments, { cell: 'here' }),
    keeper: new ArchiveKeeper(pool, segments, archive),
    cleaner: (now?: () => number) => new PayloadCleaner(pool, archive, values, now),
    async run(...events: RunEvent[]): Promise<string> {
      const runId = runIdAt(Date.now());
      await log.append(runId, 0, [submitted(), ...events]);
      await cursor.advance([{ runId, after: 0, told: events.length + 1 }]);
      return runId;
    },
    async [Symbol.asyncDispose]() {
      await log.close();
      await pool.end();
    },
  };
}

const output = (value: unknown): RunEvent => {
  const event = completed('a');
  return { ...event, data: { ...event.data, output: value } } as RunEvent;
};

describe('large values', () => {
  it('go when no event refers to them and their grace is over; those of open, ended and archived runs stay', async () => {
    await using here = await cell();
    const old = Date.now() - 25 * HOUR_MS;
    const [open, ended, archived] = ['open', 'ended', 'archived'].map((text) => here.values.put(text, old));
    here.values.put('orphan', old);
    here.values.put('young', Date.now() - 23 * HOUR_MS);
    await here.run(scheduled('a', 1, { input: { deep: [open] } }));
    await here.run(scheduled('a'), output(archived), runCompleted());
    expect(await here.archiver.round(soon())).toMatchObject({ runs: 1 });
    await here.run(scheduled('a'), output(ended), runCompleted());
    expect(await here.cleaner().round(24 * HOUR_MS, never)).toEqual({ removed: 1, bytes: 300_000 });
    expect(['open', 'ended', 'archived', 'orphan', 'young'].filter(here.values.has)).toEqual([
      'open',
      'ended',
      'archived',
      'young',
    ]);
    // Its run is gone, by hand: nothing refers to it any more.
    await here.pool.query(`DELETE FROM aet.run_head WHERE run_id IN (SELECT run_id FROM aet.archived_run)`);
    expect(await here.cleaner().round(24 * HOUR_MS, never)).toMatchObject({ removed: 1 });
    expect(here.values.has('archived')).toBe(false);
  });

  it('of events that come later are found by the next look, and one look follows another by the hour', async () => {
    await using here = await cell();
    let now = Date.now();
    const cleaner = here.cleaner(() => now);
    const runId = await here.run(scheduled('a'));
    await cleaner.round(HOUR_MS, never);
    const late = here.values.put('late', now - 2 * HOUR_MS);
    here.values.put('orphan', now - 2 * HOUR_MS);
    await here.log.append(runId, 2, [output(late)]);
    expect(await cleaner.round(HOUR_MS, never)).toMatchObject({ removed: 0 });
    now += HOUR_MS;
    expect(await cleaner.round(HOUR_MS, never)).toMatchObject({ removed: 1 });
    expect(here.values.has('late')).toBe(true);
  });

  it('of a long log are looked at in parts; while events are missing, nothing is removed', async () => {
    await using here = await cell();
    const old = Date.now() - 25 * HOUR_MS;
    const last = here.values.put('last', old);
    here.values.put('orphan', old);
    const steps = Array.from({ length: 2_500 }, (_, n) => scheduled(`s${n}`));
    const runId = await here.run(...steps, scheduled('z', 1, { input: last }));
    const lost = await here.pool.query('DELETE FROM aet.run_event WHERE run_id = $1 AND sequence = 2400 RETURNING *', [runId]);
    const cleaner = here.cleaner();
    expect(await cleaner.round(24 * HOUR_MS, never)).toMatchObject({ removed: 0 });
    const { sequence, type, data, time, prev_hash, hash } = lost.rows[0] as Record<string, unknown>;
    const row = [runId, sequence, type, JSON.stringify(data), time, prev_hash, hash];
    await here.pool.query('INSERT INTO aet.run_event VALUES ($1, $2, $3, $4, $5, $6, $7)', row);
    expect(await cleaner.round(24 * HOUR_MS, never)).toMatchObject({ removed: 1 });
    expect(here.values.has('last')).toBe(true);
  });

  it('that are put again, or another replica is at, stay', async () => {
    await using here = await cell();
    const old = Date.now() - 25 * HOUR_MS;
    here.values.put('orphan', old);
    let second: unknown;
    here.values.beforeRemoval = async () => {
      here.values.beforeRemoval = async () => undefined;
      here.values.put('orphan', Date.now());
      second = await here.cleaner().round(24 * HOUR_MS, never);
    };
    expect(await here.cleaner().round(24 * HOUR_MS, never)).toMatchObject({ removed: 0 });
    expect(second).toMatchObject({ removed: 0 });
    expect(here.values.has('orphan')).toBe(true);
  });

  it('restored from a segment stay; a segment that cannot be read stops the cleaning', async () => {
    await using here = await cell();
    const old = Date.now() - 25 * HOUR_MS;
    const kept = here.values.put('kept', old);
    here.values.put('orphan', old);
    const runId = await here.run(scheduled('a'), output(kept), runCompleted());
    const { segment } = (await here.archiver.round(soon()))!;
    here.segments.failures.set('get', new Error('away'));
    await expect(here.cleaner().round(24 * HOUR_MS, never)).rejects.toThrow('away');
    expect(here.values.has('orphan')).toBe(true);
    await here.keeper.restoreRun(runId);
    expect(segment).toBeDefined();
    expect(await here.cleaner().round(24 * HOUR_MS, never)).toMatchObject({ removed: 1 });
    expect(here.values.has('kept')).toBe(true);
  });
});

describe('effects', () => {
  it('of a run that completed go with it into the archive; of one that can be taken up again they stay', async () => {
    await using here = await cell();
    const ledger = new PostgresEffectLedger(here.pool, 60_000);
    const by = { cell: 'c1', host: 'h1', instance: 'agent-00000001', agent: 'tester' };
    const claim = (runId: string) => ledger.claim({ runId, step: 'a', attempt: 1, epoch: 1, key: 'k', claimant: 'x', by });
    const done = await here.run(scheduled('a'), completed('a'), runCompleted());
    const failed = await here.run(scheduled('a'), runFailed());
    const open = await here.run(scheduled('a'));
    for (const runId of [done, failed, open]) await claim(runId);
    expect(await here.archiver.round(soon())).toMatchObject({ runs: 2 });
    expect((await ledger.list({})).map(({ runId }) => runId).toSorted()).toEqual([failed, open].toSorted());
  });
});
