import { type AttemptRef, OrchestratorRpc, type TaskMessage } from '@aet/contracts';
import { BreakableLink } from '@aet/messaging/testing';
import { expect, it, vi } from 'vitest';
import { TestCell } from './cell.js';
import { workflow } from '@aet/runs/testing';

vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 60_000, interval: 50 };

const KEYS = ['anna', 'bert', 'carl'];
const EACH = 6;
const document = workflow(
  {
    work: {
      task: 'work',
      orderKey: '${{ inputs.account }}',
      with: { n: '${{ inputs.n }}' },
      retry: { attempts: 3, initial: '50ms' },
    },
  },
  { inputs: { account: { type: 'string' }, n: { type: 'number' } } },
);

interface Entry extends AttemptRef {
  key: string;
  n: number;
  what: 'begin' | 'end' | 'fail';
}

it('runs tasks of a key one after the other in the order of their acknowledgement, over retries and the death of a replica', async () => {
  await using cell = await TestCell.start();
  await using toNats = await BreakableLink.to(cell.nats.port);
  await using toPostgres = await BreakableLink.to(cell.postgres.config.port);
  const doomed = await cell.orchestrator({ nats: toNats.port, postgres: toPostgres.port });
  const safe = await cell.orchestrator();
  await vi.waitFor(() => expect([doomed.shell.board.ready, safe.shell.board.ready]).toEqual([true, true]), patient);

  const diary: Entry[] = [];
  const perform = async (task: TaskMessage): Promise<number> => {
    const { runId, step, attempt, orderKey: key = '' } = task;
    const { n } = task.input as { n: number };
    const note = (what: Entry['what']) => void diary.push({ runId, step, attempt, key, n, what });
    note('begin');
    // Room for others of the key to come in between, if anything let them.
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (n % 3 === 1 && attempt < 3) {
      note('fail');
      throw new Error('not this time');
    }
    note('end');
    return n;
  };
  // A second host is started while work goes on, and one replica dies when it has accepted its share.
  await cell.worker(perform, { failures: true });
  const runs: string[] = [];
  for (let n = 0; n < EACH; n++) {
    for (const account of KEYS) {
      const request = { document, inputs: { account, n }, idempotencyKey: `${account} ${n}` };
      runs.push((await cell.rpc().call(OrchestratorRpc.submit, request, { timeoutMs: 10_000 })).runId);
    }
    if (n === 0) await cell.worker(perform, { failures: true });
  }
  for (const link of [toNats, toPostgres]) link.cut();
  for (const runId of runs) {
    // NATS does not know yet that the other is dead, and would ask it.
    const ask = () => cell.rpc().call(OrchestratorRpc.get, { runId }, { instance: safe.identity.instance });
    await vi.waitFor(async () => expect((await ask()).status).toBe('completed'), patient);
  }

  for (const key of KEYS) {
    const own = diary.filter((entry) => entry.key === key);
    expect(own.filter(({ what }) => what === 'end').map(({ n }) => n)).toEqual([0, 1, 2, 3, 4, 5]);
    // Each begin is ended or failed before the next begins, and a failed one is begun again before any other.
    expect(own.map(({ n }) => n)).toEqual(own.map(({ n }) => n).toSorted((a, b) => a - b));
    expect(own.map(({ what }) => (what === 'begin' ? 'begin' : 'over')).join(' ')).toBe(
      Array.from({ length: own.length / 2 }, () => 'begin over').join(' '),
    );
  }
  // It stops at once when it is not cut off.
  for (const link of [toNats, toPostgres]) link.heal();
  const order = diary.filter(({ what }) => what !== 'fail').map(({ key }) => key);
  expect(new Set(order.slice(0, 4)).size).toBeGreaterThan(1);
});

it('does not begin a delayed step before its time, though replicas and server go down meanwhile', async () => {
  await using cell = await TestCell.start();
  const first = await cell.orchestrator();
  await vi.waitFor(() => expect(first.shell.board.ready).toBe(true), patient);
  let begunAt = 0;
  await cell.worker(async () => (begunAt = Date.now()));
  const late = workflow({ work: { task: 'work', delay: '3s' } });
  const submittedAt = Date.now();
  const { runId } = await cell.rpc().call(OrchestratorRpc.submit, { document: late });
  await first.stop();
  await cell.nats.kill();
  await cell.nats.restart();
  await cell.orchestrator();
  await vi.waitFor(async () => expect((await cell.run(runId)).status).toBe('completed'), patient);
  expect(begunAt).toBeGreaterThanOrEqual(submittedAt + 3_000);
});
