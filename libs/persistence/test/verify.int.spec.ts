import type { RecordFinding } from '@aet/contracts';
import type { StoredFacts } from '@aet/messaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArchivedEvents, Archiver, createPool, PostgresFactCursor, PostgresRunLog, Verifier } from '../src/index.js';
import { InMemoryArchiveStore, InMemoryFactCopy, PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const { completed, runCompleted, scheduled, submitted } = runEvents;
/** Before the check by more than clocks differ: what came just now may not be told yet. */
const EARLIER = 60_000;

let server: PostgresTestServer;
let here: Awaited<ReturnType<typeof cell>>;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  here = await cell();
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await server.stop();
});

async function cell() {
  const config = await server.freshDatabase();
  await migrated(config);
  const pool = createPool(config);
  const store = new InMemoryArchiveStore();
  const facts = new InMemoryFactCopy();
  const archive = new ArchivedEvents(store);
  const log = new PostgresRunLog(pool, {
    groupCommitMs: 1,
    groupCommitMax: 64,
    archive,
    now: () => new Date(Date.now() - EARLIER),
  });
  const verifier = new Verifier({ pool, archive, store, facts });
  const cursor = new PostgresFactCursor(pool);
  const told = async (runId: string, events: Parameters<typeof log.append>[2]): Promise<void> => {
    const outcome = await log.append(runId, 0, events);
    if (outcome.kind !== 'appended') throw new Error('somebody was first');
    facts.tell(outcome.events);
    await cursor.advance([{ runId, after: 0, told: outcome.sequence }]);
  };
  const first = runIdAt(Date.now());
  await told(first, [submitted()]);
  // What is older than the stream's first message by less than clocks differ is not asked for.
  for (const message of facts.messages) message.storedAt -= 10_000;
  const archived = runIdAt(Date.now());
  await told(archived, [submitted(), scheduled('a'), completed('a'), runCompleted()]);
  const { segment } = (await new Archiver(pool, store, { cell: 'here' }).round(new Date()))!;
  const run = runIdAt(Date.now());
  await told(run, [submitted(), scheduled('a'), completed('a'), scheduled('b')]);
  await told(runIdAt(Date.now()), [submitted({ startAt: '2100-01-01T00:00:00.000Z' })]);
  return {
    pool,
    store,
    facts,
    log,
    run,
    archived,
    segment,
    async findings(): Promise<RecordFinding[]> {
      const findings: RecordFinding[] = [];
      const { findings: count } = await verifier.verify({ onFinding: (finding) => findings.push(finding) });
      expect(findings).toHaveLength(count);
      return findings;
    },
    async [Symbol.asyncDispose]() {
      await log.close();
      await pool.end();
    },
  };
}

/** Changes something behind the record's back, looks, and puts it back. */
async function tampered(change: string, back: string): Promise<RecordFinding[]> {
  await here.pool.query(change);
  const findings = await here.findings();
  await here.pool.query(back);
  return findings;
}

const keep = async (table: string, where: string): Promise<string> => {
  const { rows } = await here.pool.query<{ row: unknown }>(`SELECT to_jsonb(t) AS row FROM aet.${table} t WHERE ${where}`);
  const columns = Object.keys(rows[0]?.row as object).filter((column) => column !== 'search');
  return `INSERT INTO aet.${table} (${columns.join(', ')}) SELECT ${columns.join(', ')} FROM jsonb_populate_record(NULL::aet.${table}, '${JSON.stringify(rows[0]?.row).replaceAll("'", "''")}')`;
};

describe('a comparison of the record', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(await here.findings()).toEqual([]);
  });

  it('names an event that was changed, lost or added', async () => {
    const event = `run_id = '${here.run}' AND sequence = 3`;
    const named = { what: 'event', runId: here.run, sequence: 3 };
    const { rows } = await here.pool.query<{ data: string }>(`SELECT data::text AS data FROM aet.run_event WHERE ${event}`);
    const changed = await tampered(
      `UPDATE aet.run_event SET data = '{"step":"a","attempt":1,"output":"forged"}' WHERE ${event}`,
      `UPDATE aet.run_event SET data = '${rows[0]?.data}' WHERE ${event}`,
    );
    expect(changed).toMatchObject([{ ...named, kind: 'changed' }]);
    expect(changed[0]?.message).toContain(`event 3 of run ${here.run}`);
    const columns = 'run_id, sequence, type, data, time, prev_hash, hash';
    await here.pool.query(`CREATE TABLE kept AS SELECT ${columns} FROM aet.run_event WHERE ${event}`);
    const back = `INSERT INTO aet.run_event (${columns}) SELECT ${columns} FROM kept`;
    expect(await tampered(`DELETE FROM aet.run_event WHERE ${event}`, back)).toMatchObject([{ ...named, kind: 'lost' }]);
    const added = await tampered(
      `INSERT INTO aet.run_event SELECT run_id, 5, type, data, time, hash, prev_hash FROM kept`,
      `DELETE FROM aet.run_event WHERE run_id = '${here.run}' AND sequence = 5`,
    );
    expect(added).toMatchObject([{ ...named, sequence: 5, kind: 'added' }]);
    const stranger = 'ffffffff-0000-4000-8000-000000000000';
    const strange = await tampered(
      `INSERT INTO aet.run_event SELECT '${stranger}', 1, type, data, time, prev_hash, hash FROM kept`,
      `DELETE FROM aet.run_event WHERE run_id = '${stranger}'`,
    );
    expect(strange).toMatchObject([{ what: 'event', kind: 'added', runId: stranger, sequence: 1 }]);
  });

  it('names a row that was changed, lost or added, of every projection', async () => {
    const mine = `run_id = '${here.run}'`;
    const row = { what: 'row', runId: here.run };
    const changed = await tampered(
      `UPDATE aet.run_list SET status = 'failed' WHERE ${mine}`,
      `UPDATE aet.run_list SET status = 'running' WHERE ${mine}`,
    );
    expect(changed).toMatchObject([{ ...row, kind: 'changed', table: 'run_list' }]);
    expect(changed[0]?.message).toContain('says status "failed", the log "running"');
    const listed = await keep('run_list', mine);
    expect(await tampered(`DELETE FROM aet.run_list WHERE ${mine}`, listed)).toMatchObject([
      { ...row, kind: 'lost', table: 'run_list' },
    ]);
    const open = await keep('run_dispatch', mine);
    expect(await tampered(`DELETE FROM aet.run_dispatch WHERE ${mine}`, open)).toMatchObject([
      { ...row, kind: 'lost', table: 'run_dispatch' },
    ]);
    const added = await tampered(
      open.replace(/SELECT .* FROM/, (all) => all.replace(' step,', ` 'zzz',`)),
      `DELETE FROM aet.run_dispatch WHERE step = 'zzz'`,
    );
    expect(added).toMatchObject([{ ...row, kind: 'added', table: 'run_dispatch' }]);
    const timer = await keep('run_timer', 'true');
    expect(await tampered('DELETE FROM aet.run_timer', timer)).toMatchObject([{ kind: 'lost', table: 'run_timer' }]);
    const counted = await tampered('UPDATE aet.run_count SET runs = runs + 1', 'UPDATE aet.run_count SET runs = runs - 1');
    expect(counted.length).toBeGreaterThan(0);
    expect(new Set(counted.map(({ what }) => what))).toEqual(new Set(['count']));
  });

  it('names a segment that was changed, lost or added, and the run of which it holds events', async () => {
    const { segment, store, archived } = here;
    const content = store.objects.get(segment)!;
    store.objects.set(segment, content.with(40, (content.at(40) ?? 0) ^ 255));
    expect(await here.findings()).toMatchObject([{ what: 'segment', kind: 'changed', segment, runId: archived }]);
    store.objects.delete(segment);
    expect(await here.findings()).toMatchObject([{ what: 'segment', kind: 'lost', segment, runId: archived }]);
    store.objects.set(segment, content);
    store.objects.set('another', content);
    expect(await here.findings()).toMatchObject([{ what: 'segment', kind: 'added', segment: 'another' }]);
    store.objects.delete('another');
    expect(await here.findings()).toEqual([]);
  });

  it('names a message of the stream that was changed, lost or added', async () => {
    const { facts, run } = here;
    const before = facts.messages;
    const at = before.findIndex(({ runId }) => runId === run);
    const message: StoredFacts | undefined = before[at];
    if (message === undefined) throw new Error('it was not told');
    const named = { what: 'message', runId: run };
    const forged = message.facts.map((fact, index) => (index === 1 ? { ...fact, data: { forged: true } } : fact));
    facts.messages = before.with(at, { ...message, facts: forged });
    const { streamSequence } = message;
    expect(await here.findings()).toMatchObject([{ ...named, kind: 'changed', sequence: 2, streamSequence }]);
    facts.messages = before.toSpliced(at, 1);
    expect(await here.findings()).toMatchObject([1, 2, 3, 4].map((sequence) => ({ ...named, kind: 'lost', sequence })));
    const more = {
      ...message,
      streamSequence: 99,
      facts: message.facts.slice(0, 1).map((fact) => ({ ...fact, id: `${run}:77` })),
    };
    facts.messages = [...before, more];
    expect(await here.findings()).toMatchObject([{ ...named, kind: 'added', sequence: 77, streamSequence: 99 }]);
    facts.messages = [...before, { ...message, streamSequence: 99, facts: forged }];
    expect(await here.findings()).toMatchObject([{ ...named, kind: 'changed', sequence: 2, streamSequence: 99 }]);
    facts.messages = [...before, { ...message, streamSequence: 99, facts: [] }];
    expect(await here.findings()).toMatchObject([{ ...named, kind: 'changed', streamSequence: 99 }]);
    facts.messages = before;
  });

  it('cries no wolf while runs go on, are archived and put back', async () => {
    const over = new AbortController();
    const archiver = new Archiver(here.pool, here.store, { cell: 'here', segmentBytes: 2_000 });
    const busy = [0, 1, 2].map(async () => {
      while (!over.signal.aborted) {
        const runId = runIdAt(Date.now());
        await here.log.append(runId, 0, [submitted(), scheduled('a'), scheduled('b')]);
        await here.log.append(runId, 3, [completed('a'), completed('b'), runCompleted()]);
        await here.pool.query('UPDATE aet.run_head SET told = sequence WHERE run_id = $1', [runId]);
      }
    });
    const archiving = (async () => {
      while (!over.signal.aborted) await archiver.round(new Date());
    })();
    const withoutStream = new Verifier({ pool: here.pool, archive: new ArchivedEvents(here.store), store: here.store });
    const findings: RecordFinding[] = [];
    for (let n = 0; n < 8; n++) await withoutStream.verify({ onFinding: (finding) => findings.push(finding) });
    over.abort();
    await Promise.all([...busy, archiving]);
    expect(findings).toEqual([]);
  });
});
