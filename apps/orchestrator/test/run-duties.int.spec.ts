import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotFound, OrchestratorRpc, type RunEvent, RunsRpc, type RunView, type TaskMessage } from '@aet/contracts';
import { createPool, PostgresRunLog } from '@aet/persistence';
import { type Circumstances, decide, foldAll, type RunCommand } from '@aet/runs';
import { submission, workflow } from '@aet/runs/testing';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { TestCell } from './cell.js';

// A loaded machine takes its time; nothing here waits for it when it does not.
vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 40_000, interval: 50 };

const inner =
  'api: aet/workflow.v1\nname: inner\nsteps:\n  a: { task: work, retry: { attempts: 1 } }\noutput: "${{ steps.a }}"\n';
const middle = 'api: aet/workflow.v1\nname: middle\nsteps:\n  call: { workflow: inner, retry: { attempts: 1 } }\n';
const strict =
  'api: aet/workflow.v1\nname: strict\ninputs:\n  n: { type: number, required: true }\nsteps:\n  a: { task: work }\n';
const callsMiddle = workflow({ call: { workflow: 'middle', retry: { attempts: 1 } } });

let cell: TestCell;
let dir: string;
let given: TaskMessage[];
/** What the worker does with each task. */
let perform: (task: TaskMessage) => Promise<unknown>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aet-workflows-'));
  await Promise.all(Object.entries({ inner, middle, strict }).map(([name, text]) => writeFile(join(dir, `${name}.yaml`), text)));
  cell = await TestCell.start();
  await cell.worker((task) => (given.push(task), perform(task)), { failures: true });
});
beforeEach(() => {
  given = [];
  perform = () => Promise.resolve('done');
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const start = async () => {
  const service = await cell.orchestrator({ dirs: [dir] });
  await vi.waitFor(() => expect(service.shell.board.ready).toBe(true), patient);
  return service;
};
const submit = async (document: ReturnType<typeof workflow>) =>
  (await cell.rpc().call(OrchestratorRpc.submit, { document })).runId;
const until = (runId: string, status: RunView['status']) =>
  vi.waitFor(async () => expect((await cell.run(runId)).status).toBe(status), patient);
const childrenOf = async (runId: string): Promise<string[]> => {
  const { events } = await cell.rpc().call(OrchestratorRpc.events, { runId });
  return events.flatMap((event) => (event.type === 'child.requested' ? [event.data.childRunId] : []));
};
const childOf = async (runId: string): Promise<string> =>
  vi.waitFor(async () => {
    const [child] = await childrenOf(runId);
    if (child === undefined) throw new NotFound('no child yet');
    await cell.run(child);
    return child;
  }, patient);

it('timers hold over a restart, and runs for later begin at their time', async () => {
  const first = await start();
  const waits = await submit(workflow({ wait: { wait: { for: '2s' } }, then: { task: 'work', needs: ['wait'] } }));
  const startAt = new Date(Date.now() + 1_000).toISOString();
  const later = await cell.rpc().call(OrchestratorRpc.submit, { document: workflow({ a: { task: 'work' } }), startAt });
  expect((await cell.run(later.runId)).status).toBe('scheduled');
  await first.stop();
  expect(given).toEqual([]);

  const second = await start();
  await Promise.all([until(waits, 'completed'), until(later.runId, 'completed')]);
  const { events } = await cell.rpc().call(OrchestratorRpc.events, { runId: waits });
  const [begun, ended] = events.filter(({ type }) => type === 'wait.begun' || type === 'wait.ended');
  expect(begun?.type === 'wait.begun' && Date.parse(ended?.time ?? '')).toBeGreaterThanOrEqual(
    begun?.type === 'wait.begun' ? Date.parse(begun.data.until ?? '') : Infinity,
  );
  await second.stop();
});

it('sub-runs go to any depth: outputs and errors come back, and a cancelled run ends those below it', async () => {
  const service = await start();
  const good = await submit(callsMiddle);
  await until(good, 'completed');
  expect(await cell.run(good)).toMatchObject({ output: { call: { call: 'done' } } });
  const [run, leaf] = [await cell.run(good), await cell.run(await childOf(await childOf(good)))];
  expect([leaf.correlationId, leaf.priority]).toEqual([run.correlationId, run.priority]);

  perform = () => Promise.reject(new Error('no luck'));
  const bad = await submit(callsMiddle);
  await until(bad, 'failed');
  const below = await childOf(await childOf(bad));
  expect((await cell.run(bad)).error?.message).toContain(below);
  expect((await cell.run(bad)).error?.message).toContain('no luck');

  let release = (): void => undefined;
  perform = () => new Promise((resolve) => (release = () => resolve('late')));
  const cancelled = await submit(callsMiddle);
  const deep = await childOf(await childOf(cancelled));
  await vi.waitFor(() => expect(given.at(-1)?.runId).toBe(deep), patient);
  await cell.rpc().call(RunsRpc.cancel, { runId: cancelled, by: 'test' });
  for (const runId of [cancelled, await childOf(cancelled), deep]) await until(runId, 'cancelled');
  release();
  await service.stop();
});

it('of two replicas that begin every sub-run one does, and what cannot begin fails its caller', async () => {
  const replicas = await Promise.all([start(), start()]);
  const runs = await Promise.all(Array.from({ length: 10 }, () => submit(callsMiddle)));
  for (const runId of runs) await until(runId, 'completed');
  expect(given).toHaveLength(10);
  expect(new Set(given.map(({ runId }) => runId)).size).toBe(10);

  const call = { workflow: 'strict', with: { n: '${{ inputs.n }}' }, retry: { attempts: 1 } };
  const document = workflow({ call }, { inputs: { n: { type: 'string' } } });
  const { runId } = await cell.rpc().call(OrchestratorRpc.submit, { document, inputs: { n: 'many' } });
  await until(runId, 'failed');
  expect((await cell.run(runId)).error).toMatchObject({ code: 'VALIDATION_FAILED' });
  await Promise.all(replicas.map((one) => one.stop()));
});

it('a later priority reaches the sub-runs', async () => {
  const service = await start();
  let release = (): void => undefined;
  perform = () => new Promise((resolve) => (release = () => resolve('done')));
  const runId = await submit(callsMiddle);
  const leaf = await childOf(await childOf(runId));
  await cell.rpc().call(RunsRpc.prioritize, { runId, priority: 'critical', by: 'test' });
  await vi.waitFor(async () => expect((await cell.run(leaf)).priority).toBe('critical'), patient);
  await vi.waitFor(() => expect(given).toHaveLength(1), patient);
  release();
  await until(runId, 'completed');
  await service.stop();
});

it('whatever step of a sub-run a process died before, the next process does', async () => {
  const pool = createPool(cell.postgres.config);
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64, cell: 'c1' });
  const circumstances: Circumstances = { now: new Date(), random: () => 0 };
  const library = { inner: { document: workflow({ a: { task: 'work' } }), hash: 'ab'.repeat(32) } };
  const calls = workflow({ call: { workflow: 'inner', retry: { attempts: 1 } } });
  const append = async (runId: string, ...commands: RunCommand[]): Promise<void> => {
    for (const command of commands) {
      const state = foldAll(undefined, await log.read(runId));
      const events: RunEvent[] = decide(state, command, circumstances);
      expect(await log.append(runId, state?.sequence ?? 0, events)).toMatchObject({ kind: 'appended' });
    }
  };
  const submitted = (runId: string, document: typeof calls, more: object = {}): RunCommand => ({
    kind: 'submit',
    runId,
    submission: { ...submission(document), cell: 'c1', ...more },
  });
  /** A run that has asked for its sub-run, and whose process then died. */
  const asked = async (): Promise<{ runId: string; child: string; begun: RunCommand }> => {
    const runId = uuidv7();
    await append(runId, submitted(runId, calls, { library }));
    const event = (await log.read(runId)).find(({ type }) => type === 'child.requested');
    const child = event?.type === 'child.requested' ? event.data.childRunId : '';
    const parent = { runId, cell: 'c1', step: 'call', attempt: 1, depth: 1 };
    return { runId, child, begun: submitted(child, library.inner.document, { library, parent }) };
  };
  const by = { cell: 'c1', host: 'h', instance: 'i', agent: 'a' };
  const over: RunCommand = { kind: 'complete', step: 'a', attempt: 1, by, durationMs: 1, output: 'by hand' };
  const cancel: RunCommand = { kind: 'cancel', by: 'test' };

  const requested = await asked();
  const [ended, told, cancelledBefore, cancelledAfter] = [await asked(), await asked(), await asked(), await asked()];
  await append(ended.child, ended.begun, over);
  await append(told.child, told.begun, over);
  await append(told.runId, {
    kind: 'end-child',
    step: 'call',
    attempt: 1,
    childRunId: told.child,
    end: { status: 'completed', output: { a: 'by hand' } },
  });
  await append(cancelledBefore.runId, cancel);
  await append(cancelledAfter.child, cancelledAfter.begun);
  await append(cancelledAfter.runId, cancel);

  const service = await start();
  await until(requested.runId, 'completed');
  await until(ended.runId, 'completed');
  expect(await cell.run(ended.runId)).toMatchObject({ output: { call: { a: 'by hand' } } });
  await until(cancelledBefore.child, 'cancelled');
  await until(cancelledAfter.child, 'cancelled');
  const mine = [requested, ended, told, cancelledBefore, cancelledAfter].map(({ child }) => child);
  const left = () => pool.query('SELECT FROM aet.run_child WHERE child_run_id = ANY ($1)', [mine]);
  await vi.waitFor(async () => expect((await left()).rowCount).toBe(0), patient);
  expect((await log.read(told.runId)).filter(({ type }) => type === 'child.ended')).toHaveLength(1);
  expect(new Set(given.map(({ runId }) => runId))).not.toContain(cancelledBefore.child);
  await service.stop();
  await log.close();
  await pool.end();
});
