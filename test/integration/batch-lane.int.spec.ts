import { BatchRpc, type BatchWork, NotFound, OrchestratorRpc, RunsRpc, ServiceName, type TellBatch } from '@aet/contracts';
import { BatchDesk, ClaudeBatches } from '@aet/executors';
import { JetStreamWorkQueue, type NatsLink, connectNats } from '@aet/messaging';
import { createPool } from '@aet/persistence';
import { workflow } from '@aet/runs/testing';
import { startService, type TestService } from '@aet/service-kit/testing';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgentModule } from '../../apps/agent/src/agent.module.js';
import { FleetBatches } from '../../apps/agent/src/adapters/fleet-batches.js';
import { TestCell } from '../../apps/orchestrator/test/cell.js';
import { FakeMessageBatches } from '../fakes/message-batches.js';

const patient = { timeout: 40_000, interval: 20 };
const never = new AbortController().signal;
const BATCH = {
  enabled: true,
  maxRequests: 100,
  maxBytes: 1_000_000,
  quietMs: 0,
  leadMs: 60_000,
  singleLeadMs: 30_000,
  pollMs: 100,
  tickMs: 100,
};

let cell: TestCell;
let fake: FakeMessageBatches;
let agent: TestService;
let link: NatsLink;
let dir: string;
let pool: ReturnType<typeof createPool>;
let seen = 0;

beforeAll(async () => {
  [cell, fake, dir] = await Promise.all([TestCell.start(), FakeMessageBatches.start(), mkdtemp(join(tmpdir(), 'aet-batch-'))]);
  await writeFile(join(dir, 'key'), 'test-key', { mode: 0o600 });
  await writeFile(join(dir, 'asker.md'), '---\nname: asker\ndescription: d\naet: { capabilities: [work] }\n---\nBe brief.\n');
  const orchestrator = await cell.orchestrator({ models: { batch: BATCH } });
  // The desk of this test's own does what the host's would.
  agent = await host(false);
  pool = createPool(cell.postgres.config);
  link = await connectNats({ servers: [cell.nats.url], user: 'agent', name: 'desk' });
  await vi.waitFor(() => {
    if (!orchestrator.shell.board.ready || !agent.shell.board.ready)
      throw new Error(
        `the cell is not ready: ${JSON.stringify([orchestrator.shell.board.problems, agent.shell.board.problems])}`,
      );
  }, patient);
});
afterAll(async () => {
  await agent?.stop();
  await link?.close();
  await pool?.end();
  await cell?.[Symbol.asyncDispose]();
  await fake?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  fake.singles = 0;
  fake.faults.length = 0;
  seen = fake.batches.length;
});

/** A host's desk; `deaf` ones die when they would say this. */
function desk(dies?: TellBatch['news']): BatchDesk {
  const clerk = new FleetBatches(cell.rpc(), 'desk');
  const queue = new JetStreamWorkQueue(link, { namespace: 'default', cell: 'c1', host: 'h1', instance: 'desk' });
  const tell = (work: BatchWork, news: Omit<TellBatch, 'batch' | 'lease'>) =>
    news.news === dies ? Promise.reject(new Error('the host died')) : clerk.tell(work, news);
  return new BatchDesk({
    provider: new ClaudeBatches({ baseUrl: fake.url, apiKeyFile: join(dir, 'key') }),
    clerk: {
      lease: (provider) => clerk.lease(provider),
      requests: (...given) => clerk.requests(...given),
      tell,
      settle: (...given) => clerk.settle(...given),
    },
    report: async (result) => void (await queue.publishResult(result, 'c1')),
    me: { cell: 'c1', host: 'h1', instance: 'desk' },
    prices: { 'claude-sonnet-4': { inputPerMTok: 3, outputPerMTok: 15 } },
    pollMs: 0,
    listedAfterMs: 0,
    now: () => Date.now(),
  });
}

/** A whole host of agents. */
const host = (enabled: boolean): Promise<TestService> =>
  startService(
    {
      service: ServiceName.Agent,
      module: AgentModule,
      ports: () => ({ allocate: () => Promise.reject(new NotFound('no allocator here')), release: () => Promise.resolve() }),
    },
    {
      nats: cell.nats.url,
      config: {
        cell: { name: 'c1', peers: [] },
        agents: { dirs: [dir], workDir: dir },
        models: {
          anthropic: { baseUrl: fake.url, apiKeyFile: join(dir, 'key'), model: 'claude-sonnet-4-5', maxTokens: 100 },
          batch: { ...BATCH, enabled },
        },
        work: { ackWaitMs: 2_000, workingMs: 500, drainMs: 5_000, slots: 2 },
      },
      onFatal: () => undefined,
    },
  );

/** So many requests wait for a batch, and that their tasks were published is noted: from then on the sweeper looks after them. */
async function waitsFor(count: number): Promise<void> {
  await vi.waitFor(async () => expect((await cell.rpc().call(BatchRpc.ls, {})).waiting).toBe(count), patient);
  const unmarked = 'SELECT run_id FROM aet.run_dispatch WHERE published_at IS NULL';
  await vi.waitFor(async () => expect((await pool.query(unmarked)).rows).toEqual([]), patient);
}
/** As if the time had passed that a lease, or a wait, takes. */
const passTime = async (): Promise<void> => {
  await pool.query(`UPDATE aet.batch SET due_at = now(), leased_until = now() WHERE state <> 'ended'`);
};
const step = { task: 'work', deadline: '12h', with: { question: '${{ inputs.q }}' }, retry: { attempts: 1 } };

async function submit(q: string): Promise<string> {
  const document = { ...workflow({ ask: step }), inputs: { q: { type: 'string' as const } } };
  return (await cell.rpc().call(OrchestratorRpc.submit, { document, inputs: { q } })).runId;
}
const ended = async (runId: string) => {
  await vi.waitFor(async () => expect((await cell.run(runId)).status).not.toBe('running'), patient);
  return cell.run(runId);
};

describe('the batch lane', () => {
  it('brings the results of many runs by one batch at half the price, and asks by itself for what failed or expired in it', async () => {
    const runs = await Promise.all(['one', 'two', 'fails', 'expires'].map(submit));
    // More than the host has slots: none is held while they wait.
    await waitsFor(4);
    expect(await desk().round(never)).toBe(true);
    const [batch] = fake.batches.slice(seen);
    expect(batch?.requests).toHaveLength(4);
    expect(await desk().round(never)).toBe(true);
    fake.end(batch?.id ?? '', (content) =>
      content.includes('fails') ? 'errored' : content.includes('expires') ? 'expired' : 'succeeded',
    );
    expect(await desk().round(never)).toBe(true);
    expect(await desk().round(never)).toBe(false);

    const views = await Promise.all(runs.map(ended));
    expect(views.map(({ steps }) => (steps[0]?.output as { text: string } | undefined)?.text)).toEqual([
      'batched',
      'batched',
      'single',
      'single',
    ]);
    expect(fake.singles).toBe(2);
    expect(fake.batches.length - seen).toBe(1);
    const { events } = await cell.rpc().call(OrchestratorRpc.events, { runId: runs[0] ?? '' });
    const list = (1_000 * 3 + 100 * 15) / 1_000_000;
    expect(events.find(({ type }) => type === 'attempt.completed')?.data).toMatchObject({
      usage: { model: 'claude-sonnet-4-5', inputTokens: 1_000, costUsd: list / 2, listCostUsd: list },
      by: { agent: 'asker' },
    });
    const { batches } = await cell.rpc().call(BatchRpc.ls, { limit: 1 });
    expect(batches).toMatchObject([{ state: 'ended', requests: 4, providerBatch: batch?.id }]);
  });

  it.each([
    [
      'its host dies before it notes under which id',
      () => expect(desk('submitted').round(never)).rejects.toThrow('the host died'),
    ],
    [
      'the provider’s answer is lost',
      async () => {
        fake.faults.push({ status: 500, taken: true });
        expect(await desk().round(never)).toBe(true);
      },
    ],
  ])('is handed in once, though %s', async (_what, handIn) => {
    const run = await submit('once');
    await waitsFor(1);
    await handIn();
    expect(fake.batches.length - seen).toBe(1);
    await passTime();
    await desk().round(never);
    fake.end(fake.batches.at(-1)?.id ?? '');
    await passTime();
    await desk().round(never);
    expect(await ended(run)).toMatchObject({ status: 'completed', steps: [{ output: { text: 'batched' } }] });
    expect(fake.batches.length - seen).toBe(1);
  });

  it('picks results up after the host that collected them died in the middle', async () => {
    const run = await submit('collected');
    await waitsFor(1);
    await desk().round(never);
    fake.end(fake.batches.at(-1)?.id ?? '');
    await expect(desk('ended').round(never)).rejects.toThrow('the host died');
    await passTime();
    expect(await desk().round(never)).toBe(true);
    expect(await ended(run)).toMatchObject({ status: 'completed', steps: [{ output: { text: 'batched' }, attempts: 1 }] });
  });

  it('is handed in later when the provider has no room, and not at all when it is refused: then every task is done by itself', async () => {
    const run = await submit('later');
    await waitsFor(1);
    fake.faults.push({ status: 429 });
    await desk().round(never);
    expect(fake.batches.length).toBe(seen);
    await passTime();
    await desk().round(never);
    expect(fake.batches.length - seen).toBe(1);
    fake.end(fake.batches.at(-1)?.id ?? '');
    await desk().round(never);
    expect(await ended(run)).toMatchObject({ steps: [{ output: { text: 'batched' } }] });

    const other = await submit('refused');
    await waitsFor(1);
    fake.faults.push({ status: 400 });
    await desk().round(never);
    expect(await ended(other)).toMatchObject({ status: 'completed', steps: [{ output: { text: 'single' } }] });
  });

  it('leaves out what was cancelled, and cancels a batch for which nobody waits', async () => {
    const [early, late] = [await submit('early'), await submit('late')];
    await waitsFor(2);
    await cell.rpc().call(RunsRpc.cancel, { runId: early, by: 'op' });
    await desk().round(never);
    expect(fake.batches.at(-1)?.requests).toHaveLength(1);
    await cell.rpc().call(RunsRpc.cancel, { runId: late, by: 'op' });
    await vi.waitFor(async () => expect((await cell.run(late)).status).toBe('cancelled'), patient);
    await desk().round(never);
    expect(fake.cancelled).toEqual([fake.batches.at(-1)?.id]);
    expect((await cell.rpc().call(BatchRpc.ls, { limit: 1 })).batches).toMatchObject([{ state: 'ended' }]);
  });

  it('does by itself what has no time for a batch, or whose batch gave nothing in time', async () => {
    const document = workflow({ ask: { ...step, deadline: '30s', with: {} } });
    const { runId } = await cell.rpc().call(OrchestratorRpc.submit, { document });
    expect(await ended(runId)).toMatchObject({ status: 'completed', steps: [{ output: { text: 'single' } }] });

    const slow = await submit('slow');
    await waitsFor(1);
    await desk().round(never);
    await pool.query(`UPDATE aet.batch_request SET single_at = now() WHERE state = 'batched'`);
    await desk().round(never);
    expect(await ended(slow)).toMatchObject({ status: 'completed', steps: [{ output: { text: 'single' } }] });
  });

  it('is looked after by the hosts themselves, and by the next one when a host stops', async () => {
    const first = await host(true);
    const run = await submit('by itself');
    await vi.waitFor(() => expect(fake.batches.length - seen).toBe(1), patient);
    await first.stop();
    fake.end(fake.batches.at(-1)?.id ?? '');
    const second = await host(true);
    expect(await ended(run)).toMatchObject({ status: 'completed', steps: [{ output: { text: 'batched' } }] });
    await second.stop();
    expect(fake.batches.length - seen).toBe(1);
  });
});
