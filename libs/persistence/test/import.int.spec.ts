import { type RecordFinding, type RunEvent, RunEventType } from '@aet/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ArchivedEvents, createPool, PostgresRunCopies, PostgresRunLog, Rebuilder, Verifier } from '../src/index.js';
import { InMemoryArchiveStore, InMemoryFactCopy, PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const { completed, failed, runCompleted, runFailed, scheduled, submitted } = runEvents;

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
});
afterAll(() => server.stop());

async function cell() {
  const config = await server.freshDatabase();
  await migrated(config);
  const pool = createPool(config);
  const store = new InMemoryArchiveStore();
  const archive = new ArchivedEvents(store);
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64, archive });
  return {
    log,
    copies: new PostgresRunCopies(pool, archive),
    rebuilder: new Rebuilder(pool, archive, 'here'),
    async findings(): Promise<RecordFinding[]> {
      const findings: RecordFinding[] = [];
      const verifier = new Verifier({ pool, archive, store, facts: new InMemoryFactCopy() });
      await verifier.verify({ onFinding: (finding) => findings.push(finding) });
      return findings;
    },
    async [Symbol.asyncDispose]() {
      await log.close();
      await pool.end();
    },
  };
}

const later = '2100-01-01T00:00:00.000Z';
const requested: RunEvent = {
  type: RunEventType.ChildRequested,
  data: {
    step: 'call',
    attempt: 1,
    childRunId: runIdAt(Date.now()),
    workflow: 'w',
    inputs: {},
    priority: 'normal',
    retry: { attempts: 1, initialMs: 0, maxMs: 0 },
  },
};
/** Each with things that are open when it ends. */
const LIVES: Record<string, RunEvent[]> = {
  'completed, after a fan-out that had enough': [
    submitted({ idempotencyKey: 'k1' }),
    scheduled('map', 1, { item: 0 }),
    scheduled('map', 1, { item: 1 }),
    completed('map', 1, 0),
    { type: RunEventType.StepConcluded, data: { step: 'map', reason: 'quorum' } },
    runCompleted({ ok: true }),
  ],
  'failed, with an approval, a wait, a sub-run and a retry that were open': [
    submitted({ startAt: '2020-01-01T00:00:00.000Z' }),
    scheduled('a'),
    failed('a'),
    scheduled('a', 2, { notBefore: later, orderKey: 'one' }),
    {
      type: RunEventType.ApprovalRequested,
      data: { step: 'ask', text: 'well?', approvers: ['anna'], expiresAt: later, onExpiry: 'reject' },
    },
    { type: RunEventType.WaitBegun, data: { step: 'wait', until: later } },
    requested,
    { type: RunEventType.Prioritized, data: { by: 'x', priority: 'high' } },
    runFailed(),
  ],
  'cancelled, redriven, and cancelled while it undid': [
    submitted(),
    scheduled('a'),
    { type: RunEventType.Cancelled, data: { by: 'x' } },
    { type: RunEventType.Redriven, data: { by: 'x' } },
    scheduled('a', 2),
    { type: RunEventType.Compensating, data: { ending: { kind: 'cancelled', by: 'x' }, steps: ['a'] } },
    scheduled('a~undo'),
    { type: RunEventType.Cancelled, data: { by: 'x' } },
  ],
};

it('an imported run is as if it had happened here: nothing differs from its log, before and after a rebuild', async () => {
  await using there = await cell();
  await using here = await cell();
  for (const events of Object.values(LIVES)) {
    const runId = runIdAt(Date.now());
    await there.log.append(runId, 0, events);
    const linked = await there.copies.export(runId, 0, 1_000);
    const batches = async function* () {
      for (let at = 0; at < linked.length; at += 3) yield linked.slice(at, at + 3);
    };
    expect(await here.copies.import(runId, batches)).toBe('imported');
  }
  expect(await there.findings()).toEqual([]);
  expect(await here.findings()).toEqual([]);
  await here.rebuilder.rebuild({});
  expect(await here.findings()).toEqual([]);
});
