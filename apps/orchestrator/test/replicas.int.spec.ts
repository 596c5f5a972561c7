import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptId, OrchestratorRpc, RunEventType, type StoredRunEvent, type TaskMessage } from '@aet/contracts';
import { BreakableLink } from '@aet/messaging/testing';
import { expect, it, vi } from 'vitest';
import { TestCell } from './cell.js';
import { workflow } from '@aet/runs/testing';

const ITEMS = 60;
const document = workflow(
  {
    split: { task: 'split' },
    work: { task: 'work', needs: ['split'], map: { over: 'steps.split', concurrency: 12 }, with: { n: '${{ item }}' } },
    collect: { task: 'collect', needs: ['work'], with: { results: '${{ steps.work }}' } },
  },
  { output: '${{ steps.collect }}' },
);
// A loaded machine takes its time; nothing here waits for it when it does not.
vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 40_000, interval: 50 };

/** Does the steps of the document, and remembers every attempt that it was given. */
function performer(done: string[], onWork: (count: number) => Promise<void> = () => Promise.resolve()) {
  return async (task: TaskMessage): Promise<unknown> => {
    done.push(attemptId(task));
    const input = task.input as { n?: number; results?: number[] };
    if (task.capability === 'split') return Array.from({ length: ITEMS }, (_, i) => i);
    if (task.capability === 'collect') return (input.results ?? []).reduce((sum, n) => sum + n, 0);
    await onWork(done.length);
    return (input.n ?? 0) * 2;
  };
}

const idsOf = (events: readonly StoredRunEvent[], type: 'attempt.completed' | 'attempt.scheduled'): string[] =>
  events.flatMap((event) => (event.type === type ? [attemptId({ runId: event.runId, ...event.data })] : []));

it('ends a fan-out and fan-in with each result once, though one of two replicas dies in the middle', async () => {
  await using cell = await TestCell.start();
  await using toNats = await BreakableLink.to(cell.nats.port);
  await using toPostgres = await BreakableLink.to(cell.postgres.config.port);
  const doomed = await cell.orchestrator({ nats: toNats.port, postgres: toPostgres.port });
  await cell.orchestrator();
  const done: string[] = [];
  await cell.worker(
    performer(done, (count) => {
      if (count === ITEMS / 2) for (const link of [toNats, toPostgres]) link.cut();
      return Promise.resolve();
    }),
  );
  await vi.waitFor(() => expect(doomed.shell.board.ready).toBe(true), patient);
  const { runId } = await cell.rpc().call(OrchestratorRpc.submit, { document });

  await vi.waitFor(async () => expect((await cell.run(runId)).status).not.toBe('running'), patient);
  const view = await cell.run(runId);
  expect(view).toMatchObject({ status: 'completed', output: ITEMS * (ITEMS - 1) });
  const { events } = await cell.rpc().call(OrchestratorRpc.events, { runId, limit: 1000 });
  const completed = idsOf(events, 'attempt.completed');
  expect(new Set(completed).size).toBe(completed.length);
  expect(completed.toSorted()).toEqual(idsOf(events, 'attempt.scheduled').toSorted());
  expect(events.at(-1)?.type).toBe(RunEventType.Completed);

  expect(Object.keys(doomed.shell.board.problems)).toEqual(expect.arrayContaining(['nats', 'database']));

  // Alive again, it knows what the other did, and its own late words change nothing.
  for (const link of [toNats, toPostgres]) link.heal();
  await vi.waitFor(() => expect(doomed.shell.board.ready).toBe(true), patient);
  const { instance } = doomed.identity;
  const its = await cell.rpc().call(OrchestratorRpc.events, { runId, limit: 1000 }, { instance });
  expect(its.events).toEqual(events);
});

it('shares the results of many runs between replicas and keeps each in order', async () => {
  await using cell = await TestCell.start();
  await Promise.all([cell.orchestrator(), cell.orchestrator()]);
  const done: string[] = [];
  await cell.worker(performer(done));
  const rpc = cell.rpc();
  const runs = await Promise.all(
    Array.from({ length: 5 }, (_, i) =>
      rpc.call(OrchestratorRpc.submit, { document, idempotencyKey: `run ${i}` }, { timeoutMs: 20_000 }),
    ),
  );
  for (const { runId } of runs) {
    await vi.waitFor(
      async () => expect(await cell.run(runId)).toMatchObject({ status: 'completed', output: ITEMS * (ITEMS - 1) }),
      patient,
    );
  }
  const again = await rpc.call(OrchestratorRpc.submit, { document, idempotencyKey: 'run 3' });
  expect(again).toMatchObject({ runId: runs[3]?.runId, existing: true });
  const page = await rpc.call(OrchestratorRpc.list, { status: 'completed' });
  expect(page.runs.map(({ attempts }) => attempts)).toEqual(
    Array.from({ length: 5 }, () => ({ scheduled: ITEMS + 2, completed: ITEMS + 2, failed: 0 })),
  );
});

it('waits for a database that is away, says so, and goes on when it is back', async () => {
  await using cell = await TestCell.start();
  await cell.postgres.shutdown();
  const { shell, url } = await cell.orchestrator();
  await vi.waitFor(() => expect(shell.board.problems['database']).toMatch(/away or restarts/), patient);
  expect((await fetch(`${url}/ready`)).status).toBe(503);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  const rpc = cell.rpc();
  await expect(rpc.call(OrchestratorRpc.submit, { document })).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });

  await cell.postgres.restart();
  await vi.waitFor(() => expect(shell.board.ready).toBe(true), patient);
  const { runId } = await rpc.call(OrchestratorRpc.submit, { document });
  await cell.postgres.kill();
  await vi.waitFor(() => expect(shell.board.ready).toBe(false), patient);
  await cell.worker(performer([]));
  await cell.postgres.restart();
  await vi.waitFor(async () => expect(await cell.run(runId)).toMatchObject({ status: 'completed' }), patient);
});

it('answers for the workflows in its folders, and reports those that are not valid', async () => {
  await using cell = await TestCell.start();
  const dir = await mkdtemp(join(tmpdir(), 'aet-workflows-'));
  await writeFile(join(dir, 'good.yaml'), 'api: aet/workflow.v1\nname: good\nsteps:\n  a: { task: work }\n');
  await writeFile(join(dir, 'bad.yaml'), 'api: aet/workflow.v1\nname: bad\nsteps:\n  a: { task: work, needs: [z] }\n');
  const { shell, url } = await cell.orchestrator({ dirs: [dir] });
  await vi.waitFor(() => expect(shell.board.ready).toBe(true), patient);
  const rpc = cell.rpc();
  expect((await rpc.call(OrchestratorRpc.workflows, {})).workflows.map(({ name }) => name)).toEqual(['good']);
  expect(shell.board.problems['workflows']).toMatch(/bad\.yaml:4:28: .*needs "z"/);
  expect(shell.board.ready).toBe(true);
  await expect(rpc.call(OrchestratorRpc.submit, { workflow: 'bad' })).rejects.toMatchObject({ code: 'WORKFLOW_INVALID' });
  await rpc.call(OrchestratorRpc.submit, { workflow: 'good' });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/aet_orchestrator_runs_total\{event="submitted"\} [1-9]/);
  expect(metrics).toMatch(/aet_orchestrator_append_duration_seconds_count [1-9]/);
  await rm(dir, { recursive: true });
});
