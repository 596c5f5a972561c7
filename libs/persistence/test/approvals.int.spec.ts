import type { RunEvent } from '@aet/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArchivedEvents, createPool, PostgresRunApprovals, PostgresRunLog, Rebuilder, Verifier } from '../src/index.js';
import { InMemoryArchiveStore, InMemoryFactCopy, PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const { runFailed, submitted } = runEvents;
const asks = (step: string, more: object = {}): RunEvent => ({
  type: 'approval.requested',
  data: { step, text: `Shall ${step} go on?\0`, ...more },
});
const answers = (step: string): RunEvent => ({ type: 'approval.decided', data: { step, approved: true, by: 'anna' } });

/** In order. */
const twoIds = (): [string, string] => [runIdAt(Date.now() - 1_000), runIdAt(Date.now())];

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
  // Every commit has a time of its own: the order of the list is by it.
  let clock = Date.now() - 3_600_000;
  const now = (): Date => new Date((clock += 1_000));
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64, archive, cell: 'mainpc', now });
  const approvals = new PostgresRunApprovals(pool);
  return {
    pool,
    log,
    approvals,
    rebuilder: new Rebuilder(pool, archive),
    verifier: new Verifier({ pool, archive, store, facts: new InMemoryFactCopy() }),
    steps: async () => (await approvals.list({}, 'mainpc')).approvals.map(({ step }) => step),
    async [Symbol.asyncDispose]() {
      await log.close();
      await pool.end();
    },
  };
}

describe('what waits for a decision', () => {
  it('is listed across runs, the oldest first, until it is decided', async () => {
    await using here = await cell();
    const [first, second] = twoIds();
    await here.log.append(first, 0, [submitted(), asks('ship', { approvers: ['anna'], expiresAt: '2100-01-01T00:00:00.000Z' })]);
    await here.log.append(second, 0, [submitted(), asks('a'), asks('b')]);
    const page = await here.approvals.list({ limit: 2 }, 'mainpc');
    expect(page.approvals).toMatchObject([
      {
        runId: first,
        step: 'ship',
        workflow: 'review',
        status: 'running',
        approvers: ['anna'],
        expiresAt: '2100-01-01T00:00:00.000Z',
      },
      { runId: second, step: 'a', priority: 'normal', submittedBy: 'test' },
    ]);
    const rest = await here.approvals.list({ limit: 2, cursor: page.next ?? '' }, 'mainpc');
    expect(rest).toMatchObject({ approvals: [{ runId: second, step: 'b' }] });
    expect(rest.next).toBeUndefined();
    await here.log.append(first, 2, [answers('ship')]);
    await here.log.append(second, 3, [answers('a'), asks('a')]);
    expect(await here.steps()).toEqual(['b', 'a']);
    expect((await here.approvals.list({}, 'elsewhere')).approvals).toEqual([]);
    await expect(here.approvals.list({ cursor: 'x' }, 'mainpc')).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('is not asked of an ended run, and again when that is taken up', async () => {
    await using here = await cell();
    const run = runIdAt(Date.now());
    await here.log.append(run, 0, [submitted(), asks('a'), asks('b')]);
    await here.log.append(run, 3, [answers('a'), runFailed()]);
    expect(await here.steps()).toEqual([]);
    await here.log.append(run, 5, [{ type: 'run.redriven', data: { by: 'anna' } }]);
    expect(await here.steps()).toEqual(['b']);
  });

  it('follows from the log: a rebuild makes the same rows, and a lost one is named', async () => {
    await using here = await cell();
    const [run, ended] = twoIds();
    await here.log.append(run, 0, [submitted(), asks('a', { approvers: ['anna'] }), asks('b'), answers('b')]);
    await here.log.append(ended, 0, [submitted(), asks('a'), runFailed()]);
    const rows = async () => (await here.pool.query('SELECT to_jsonb(t) AS row FROM aet.run_approval t ORDER BY run_id')).rows;
    const before = await rows();
    expect(before).toMatchObject([{ row: { step: 'a', open: true } }, { row: { step: 'a', open: false } }]);
    await here.rebuilder.rebuild();
    expect(await rows()).toEqual(before);
    await here.pool.query('DELETE FROM aet.run_approval WHERE open');
    const named: string[] = [];
    await here.verifier.verify({ onFinding: ({ table, kind }) => named.push(`${kind} ${table ?? ''}`) });
    expect(named).toContain('lost run_approval');
    await here.rebuilder.rebuild();
    expect(await rows()).toEqual(before);
  });
});
