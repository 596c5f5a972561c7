import {
  Aggregate,
  cloudEvent,
  OrchestratorRpc,
  type RebuildProgress,
  RecordRpc,
  type VerifyNews,
  WORKFLOW_API,
  type WorkflowDocument,
} from '@aet/contracts';
import { connectNats, JetStreamEventBus, NatsRpcClient, ObjectArchiveStore } from '@aet/messaging';
import { Archiver } from '@aet/persistence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCell } from './cell.js';

let cell: TestCell;
let rpc: NatsRpcClient;
let pool: ReturnType<TestCell['pool']>;
beforeAll(async () => {
  cell = await TestCell.start();
  pool = cell.pool();
  await cell.orchestrator();
  await cell.worker(async () => ({ ok: true }));
  rpc = cell.rpc();
});
afterAll(async () => {
  await pool.end();
  await cell[Symbol.asyncDispose]();
});

const document: WorkflowDocument = { api: WORKFLOW_API, name: 'record', steps: { work: { task: 'work' } } };

/** A run that has ended, and of which the stream was told all. */
async function ended(): Promise<string> {
  const { runId } = await rpc.call(OrchestratorRpc.submit, { document });
  const told = async (): Promise<boolean> =>
    (await pool.query('SELECT FROM aet.run_head WHERE run_id = $1 AND told = sequence', [runId])).rowCount === 1;
  await expect.poll(async () => (await rpc.call(OrchestratorRpc.get, { runId })).status).toBe('completed');
  await expect.poll(told).toBe(true);
  return runId;
}

async function findings(): Promise<string[]> {
  const found: string[] = [];
  let last: VerifyNews | undefined;
  for await (const news of rpc.stream(RecordRpc.verify, {})) {
    last = news;
    if ('finding' in news) found.push(`${news.finding.what} ${news.finding.kind} ${news.finding.runId ?? ''}`);
  }
  expect(last).toMatchObject({ progress: { phase: 'done', findings: found.length } });
  return found;
}

describe('the record of a cell', () => {
  it('is archived, read from its segments, compared, made anew and put back, by NATS alone', async () => {
    const runs = [await ended(), await ended(), await ended()];
    const runId = runs[0] ?? '';
    expect(await findings()).toEqual([]);
    const before = await rpc.call(OrchestratorRpc.get, { runId });

    const link = await connectNats({ servers: [cell.nats.url], user: 'orchestrator', name: 'archiver' });
    const store = new ObjectArchiveStore(link, { namespace: 'default', cell: 'c1' });
    await new Archiver(pool, store, { cell: 'c1' }).round(new Date(Date.now() + 60_000));
    const { segments } = await rpc.call(RecordRpc.segments, {});
    expect(segments).toMatchObject([{ runs: 3, state: 'stored' }]);
    const segment = segments[0]?.segment ?? '';
    expect((await rpc.call(RecordRpc.segment, { segment })).pieces.map((piece) => piece.runId)).toEqual(runs.toSorted());
    expect((await pool.query('SELECT FROM aet.run_event')).rowCount).toBe(0);

    // Another replica has no state of it in memory.
    await cell.orchestrator();
    for (let n = 0; n < 4; n++) expect(await rpc.call(OrchestratorRpc.get, { runId })).toEqual(before);
    expect(await findings()).toEqual([]);

    const told: RebuildProgress[] = [];
    for await (const progress of rpc.stream(RecordRpc.rebuild, { by: 'test' })) told.push(progress);
    expect(told.at(-1)).toMatchObject({ phase: 'done', runs: 3 });
    expect(await rpc.call(OrchestratorRpc.list, { counts: true })).toMatchObject({
      counts: { total: 3, byStatus: { completed: 3 }, byWorkflow: [{ workflow: 'record', total: 3 }] },
    });

    expect(await rpc.call(RecordRpc.restore, { of: runId })).toMatchObject({ runs: [runId] });
    expect(await rpc.call(OrchestratorRpc.get, { runId })).toEqual(before);
    expect(await findings()).toEqual([]);

    await pool.query(`UPDATE aet.run_list SET status = 'failed' WHERE run_id = $1`, [runId]);
    const bus = new JetStreamEventBus(link, { namespace: 'default', cell: 'c1' });
    const forged = cloudEvent({
      id: `${runId}:99`,
      namespace: 'default',
      cell: 'c1',
      service: 'orchestrator',
      type: 'run.failed',
      subject: runId,
      time: new Date(),
      correlationId: runId,
      data: { error: { code: 'X', message: 'forged', retryable: false } },
    });
    await bus.publishFact(Aggregate.Run, runId, forged, 'forged');
    await store.remove(segment);
    const wanted = [`message added ${runId}`, `row changed ${runId}`, `segment lost ${runs[1]}`];
    expect((await findings()).toSorted()).toEqual(wanted);
    await link.close();
  });
});
