import { OrchestratorRpc, QueueRpc } from '@aet/contracts';
import { expect, it, vi } from 'vitest';
import { TestCell } from './cell.js';
import { workflow } from '@aet/runs/testing';

vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 60_000, interval: 50 };
/** A few dozen tasks fit in. Bytes. */
const TINY = 64 * 1024;
const document = workflow({ work: { task: 'work', with: { text: 'x'.repeat(2_000) } } });

it('refuses submits while the stream of tasks is full, loses nothing of what it accepted, and accepts again by itself', async () => {
  await using cell = await TestCell.start({ workMaxBytes: TINY });
  const { shell, url } = await cell.orchestrator();
  await vi.waitFor(() => expect(shell.board.ready).toBe(true), patient);
  const rpc = cell.rpc();
  const accepted: string[] = [];
  let refusal: unknown;
  const fillUp = async () => {
    while (refusal === undefined) {
      try {
        accepted.push((await rpc.call(OrchestratorRpc.submit, { document, idempotencyKey: `${accepted.length}` })).runId);
      } catch (error) {
        refusal = error;
      }
    }
  };
  await fillUp();
  expect(refusal).toMatchObject({
    code: 'RESOURCE_EXHAUSTED',
    retryable: true,
    message: expect.stringContaining('work.maxBytes'),
    details: { stream: 'TASKS' },
  });
  // What was accepted before is known by its key, full or not.
  expect(await rpc.call(OrchestratorRpc.submit, { document, idempotencyKey: '0' })).toMatchObject({ existing: true });
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/aet_orchestrator_stream_fill_ratio\{stream="TASKS"\} (0\.9|1)/);
    expect(metrics).toMatch(/aet_orchestrator_submits_refused_total [1-9]/);
    expect(metrics).toMatch(/aet_orchestrator_queue_tasks\{capability="work",priority="normal",state="waiting"\} [1-9]/);
  }, patient);
  expect(shell.board.problems['queue']).toContain('full');
  const { streams } = await rpc.call(QueueRpc.ls, {});
  expect(streams[0]).toMatchObject({ stream: 'TASKS', maxBytes: TINY });

  await cell.worker(() => Promise.resolve('done'));
  for (const runId of accepted) {
    await vi.waitFor(async () => expect((await cell.run(runId)).status).toBe('completed'), patient);
  }
  await vi.waitFor(async () => {
    const { runId } = await rpc.call(OrchestratorRpc.submit, { document, idempotencyKey: 'after' });
    expect(accepted).not.toContain(runId);
  }, patient);
  await vi.waitFor(() => expect(shell.board.problems['queue']).toBeUndefined(), patient);
});

it('keeps results at the hosts while the stream of results is full, and takes them when there is room', async () => {
  await using cell = await TestCell.start({ workMaxBytes: TINY });
  const first = await cell.orchestrator();
  await vi.waitFor(() => expect(first.shell.board.ready).toBe(true), patient);
  const runs = [];
  for (let n = 0; n < 12; n++)
    runs.push((await cell.rpc().call(OrchestratorRpc.submit, { document: workflow({ work: { task: 'work' } }) })).runId);
  await vi.waitFor(async () => expect(await cell.waiting('work')).toBe(runs.length), patient);
  await first.stop();
  // Each result takes a sixth of the stream: most of them have to wait at their hosts.
  await cell.worker(() => Promise.resolve('y'.repeat(10_000)));
  await vi.waitFor(async () => expect(await cell.fill('RESULTS')).toBeGreaterThan(0.7), patient);
  await cell.orchestrator();
  for (const runId of runs) {
    await vi.waitFor(async () => expect((await cell.run(runId)).status).toBe('completed'), patient);
  }
});
