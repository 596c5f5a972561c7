import {
  CellRpc,
  OrchestratorRpc,
  RecordRpc,
  RunEventType,
  RunsRpc,
  type RunView,
  type StoredRunEvent,
  type TaskMessage,
} from '@aet/contracts';
import { BreakableLink } from '@aet/messaging/testing';
import { workflow } from '@aet/runs/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { freePort, JoinedCell, type Perform } from './joined-cell.js';

// A loaded machine takes its time; nothing here waits for it when it does not.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const patient = { timeout: 60_000, interval: 50 };

const ITEMS = 6;
const DONE_BEFORE = 2;
const document = workflow(
  {
    split: { task: 'split' },
    work: { task: 'work', needs: ['split'], map: { over: 'steps.split' }, with: { n: '${{ item }}' } },
    collect: { task: 'collect', needs: ['work'], with: { results: '${{ steps.work }}' } },
  },
  { output: '${{ steps.collect }}' },
);
const by = 'anna';

let leafLink: BreakableLink;
let a: JoinedCell;
let b: JoinedCell;

beforeAll(async () => {
  const port = await freePort();
  leafLink = await BreakableLink.to(port);
  a = await JoinedCell.start('a', ['b'], `listen: "127.0.0.1:${port}", no_advertise: true`);
  b = await JoinedCell.start('b', ['a'], `remotes: [{ url: "nats-leaf://127.0.0.1:${leafLink.port}" }]`);
});
afterAll(async () => {
  await b[Symbol.asyncDispose]();
  await a[Symbol.asyncDispose]();
  await leafLink[Symbol.asyncDispose]();
});

/** What took effect, by cell. An effect is one of a task, whatever the attempt. */
const ledger = new Map<string, string[]>();
const taskKey = ({ runId, step, item }: TaskMessage): string => `${runId}:${step}#${item ?? ''}`;

/** Does the steps of the document, after asking whose they are, as a host does with tasks that waited long. */
const host = (cell: JoinedCell, mayWork: (task: TaskMessage) => Promise<boolean>): Perform => {
  return async (task) => {
    const rpc = await cell.rpc();
    const { runId, step, item, attempt } = task;
    const { state } = await rpc.call(
      OrchestratorRpc.attempt,
      { runId, step, attempt, ...(item === undefined ? {} : { item }) },
      { cell: cell.name },
    );
    if (state !== 'open' || !(await mayWork(task))) return undefined;
    ledger.set(taskKey(task), [...(ledger.get(taskKey(task)) ?? []), cell.name]);
    const input = task.input as { n?: number; results?: number[] };
    if (step === 'split') return { output: Array.from({ length: ITEMS }, (_, n) => n) };
    if (step === 'collect') return { output: (input.results ?? []).reduce((sum, n) => sum + n, 0) };
    return { output: (input.n ?? 0) * 2 };
  };
};

const viewIn = async (cell: JoinedCell, runId: string): Promise<RunView> =>
  (await cell.rpc()).call(OrchestratorRpc.get, { runId }, { cell: cell.name });
const logIn = async (cell: JoinedCell, runId: string): Promise<StoredRunEvent[]> =>
  (await (await cell.rpc()).call(OrchestratorRpc.events, { runId, limit: 1000 }, { cell: cell.name })).events;
const metricsOf = async ({ url }: { url: string }): Promise<string> => (await fetch(`${url}/metrics`)).text();

it('moves the runs of a dead cell to another, where they finish with every effect once; the dead one comes back and refuses', async () => {
  const [first, inB] = await Promise.all([a.orchestrator(), b.orchestrator()]);
  await vi.waitFor(() => expect([first.shell.board.ready, inB.shell.board.ready]).toEqual([true, true]), patient);
  const [rpcA, rpcB] = await Promise.all([a.rpc(), b.rpc()]);

  // In A each run gets so far and no further: the other items are in a host's hands when everything dies.
  const death = Promise.withResolvers<boolean>();
  const mayWork = ({ step, item = 0 }: TaskMessage): Promise<boolean> =>
    step !== 'work' || item < DONE_BEFORE ? Promise.resolve(true) : death.promise;
  const endHost = await a.worker(host(a, mayWork));
  const runs: string[] = [];
  for (let n = 0; n < 4; n++) {
    runs.push((await rpcA.call(OrchestratorRpc.submit, { document, idempotencyKey: `run ${n}` }, { cell: 'a' })).runId);
  }
  const under = { scheduled: ITEMS + 1, completed: DONE_BEFORE + 1, failed: 0 };
  for (const runId of runs) await vi.waitFor(async () => expect((await viewIn(a, runId)).attempts).toEqual(under), patient);
  const before = new Map(await Promise.all(runs.map(async (runId) => [runId, await logIn(a, runId)] as const)));

  const adopt = { cell: 'a', by, reason: 'the machine burned down' };
  await expect(rpcB.call(CellRpc.adopt, adopt, { cell: 'b' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('alive (its orchestrator answers)'),
  });
  await expect(rpcB.call(CellRpc.adopt, { ...adopt, cell: 'nowhere' }, { cell: 'b' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  await vi.waitFor(async () => {
    const page = await rpcB.call(CellRpc.adopt, { ...adopt, dryRun: true }, { cell: 'b' });
    expect(page.runs).toEqual(
      runs.toSorted().map((runId) => ({ runId, outcome: 'adoptable', epoch: 2, events: before.get(runId)?.length })),
    );
  }, patient);
  expect(await rpcB.call(CellRpc.ls, {}, { cell: 'b' })).toMatchObject({
    cell: 'b',
    cells: [{ cell: 'a', alive: true }],
    owners: [],
  });

  first.cut();
  await a.kill();
  death.resolve(false);
  void endHost();

  // Servers that were heard a moment ago are not lost: it is asked until they are.
  const adopted = await vi.waitFor(() => rpcB.call(CellRpc.adopt, { ...adopt, limit: 3 }, { cell: 'b' }), patient);
  expect(adopted.runs.map(({ outcome }) => outcome)).toEqual(['adopted', 'adopted', 'adopted']);
  const rest = await rpcB.call(
    CellRpc.adopt,
    { ...adopt, ...(adopted.next === undefined ? {} : { after: adopted.next }) },
    { cell: 'b' },
  );
  expect(rest).toMatchObject({ runs: [{ outcome: 'adopted', epoch: 2 }] });
  const again = await rpcB.call(CellRpc.adopt, adopt, { cell: 'b' });
  expect(again.runs.map(({ outcome }) => outcome)).toEqual(runs.map(() => 'here'));

  await b.worker(host(b, () => Promise.resolve(true)));
  for (const runId of runs) {
    await vi.waitFor(
      async () => expect(await viewIn(b, runId)).toMatchObject({ status: 'completed', cell: 'b', output: ITEMS * (ITEMS - 1) }),
      patient,
    );
    const log = await logIn(b, runId);
    const old = before.get(runId) ?? [];
    expect(log.slice(0, old.length)).toEqual(old);
    expect(log[old.length]).toMatchObject({
      type: RunEventType.Adopted,
      data: { cell: 'b', epoch: 2, from: 'a', by, reason: 'the machine burned down' },
    });
  }
  const known = await rpcB.call(OrchestratorRpc.submit, { document, idempotencyKey: 'run 2' }, { cell: 'b' });
  expect(known).toMatchObject({ runId: runs[2], existing: true });
  expect(await metricsOf(inB)).toMatch(/aet_orchestrator_adopted_runs_total\{from="a"\} 4/);

  // Back again: the tasks lie in A's stream, the open runs in its log. A replica that lived through it, and one that starts.
  await a.comeBack();
  first.heal();
  const second = await a.orchestrator();
  await a.worker(host(a, () => Promise.resolve(true)));
  for (const runId of runs) {
    await vi.waitFor(async () => expect(await viewIn(a, runId)).toMatchObject({ cell: 'b' }), patient);
    await expect(rpcA.call(RunsRpc.cancel, { runId, by, reason: 'late' }, { cell: 'a' })).rejects.toMatchObject({
      code: 'STALE_OWNER',
    });
  }
  const instance = second.identity.instance;
  await vi.waitFor(async () => {
    const { runId } = await rpcA.call(OrchestratorRpc.submit, { document }, { instance });
    await vi.waitFor(async () => expect((await viewIn(a, runId)).status).toBe('completed'), patient);
  }, patient);
  // All that A's hosts were given meanwhile, they were given before that run.
  const effects = runs.flatMap((runId) => [...ledger].filter(([key]) => key.startsWith(runId)).map(([, cells]) => cells.length));
  expect(effects).toEqual(Array.from({ length: runs.length * (ITEMS + 2) }, () => 1));
  // Both records are what a fresh fold of their logs says, the tables of open work included.
  for (const [rpc, cell] of [
    [rpcA, 'a'],
    [rpcB, 'b'],
  ] as const) {
    await vi.waitFor(async () => {
      const news = [];
      for await (const one of rpc.stream(RecordRpc.verify, {}, { cell })) news.push(one);
      expect(news.filter((one) => 'finding' in one)).toEqual([]);
    }, patient);
  }
  expect(await rpcA.call(CellRpc.conflicts, {}, { cell: 'a' })).toEqual({ conflicts: [] });
  expect(await rpcB.call(CellRpc.conflicts, {}, { cell: 'b' })).toEqual({ conflicts: [] });
});

it('keeps apart what a cell wrote after its runs were taken from it by force, and shows it', async () => {
  const [inA, inB] = await Promise.all([a.orchestrator(), b.orchestrator()]);
  await vi.waitFor(() => expect([inA.shell.board.ready, inB.shell.board.ready]).toEqual([true, true]), patient);
  const [rpcA, rpcB] = await Promise.all([a.rpc(), b.rpc()]);
  const slow = workflow({
    first: { task: 'split' },
    wait: { needs: ['first'], wait: { signal: 'go' } },
    last: { needs: ['wait'], task: 'work' },
  });
  const { runId } = await rpcA.call(OrchestratorRpc.submit, { document: slow }, { cell: 'a' });
  await vi.waitFor(async () => expect((await logIn(a, runId)).at(-1)?.type).toBe(RunEventType.WaitBegun), patient);
  const copied = (await logIn(a, runId)).length;
  await vi.waitFor(async () => {
    const { runs } = await rpcB.call(CellRpc.adopt, { cell: 'a', by, dryRun: true }, { cell: 'b' });
    expect(runs).toContainEqual({ runId, outcome: 'adoptable', epoch: 2, events: copied });
  }, patient);

  leafLink.cut();
  await rpcA.call(RunsRpc.signal, { runId, name: 'go', id: 's1', payload: 1, by }, { cell: 'a' });
  await vi.waitFor(async () => expect((await viewIn(a, runId)).status).toBe('completed'), patient);
  const kept = await logIn(a, runId);
  const page = await rpcB.call(CellRpc.adopt, { cell: 'a', by, force: true }, { cell: 'b' });
  expect(page.runs.find((run) => run.runId === runId)).toMatchObject({ outcome: 'adopted', events: copied, epoch: 2 });

  leafLink.heal();
  const conflict = { runId, from: 'a', to: 'b', epoch: 2, sequence: copied + 1, divergent: kept.length - copied };
  await vi.waitFor(
    async () =>
      expect((await rpcA.call(CellRpc.conflicts, {}, { cell: 'a' })).conflicts).toEqual([expect.objectContaining(conflict)]),
    patient,
  );
  // Nothing was merged: A keeps what it wrote, and ends with the word that the run is B's; in B it waits still.
  const closed = await logIn(a, runId);
  expect(closed.slice(0, kept.length)).toEqual(kept);
  expect(closed.slice(kept.length)).toMatchObject([{ type: RunEventType.Adopted, data: { cell: 'b', epoch: 2, from: 'a' } }]);
  expect(await viewIn(b, runId)).toMatchObject({ status: 'running', cell: 'b' });
  await vi.waitFor(() => expect(inA.shell.board.problems['cells']).toContain('aet cell conflicts'), patient);
  await vi.waitFor(async () => expect(await metricsOf(inA)).toMatch(/aet_orchestrator_cell_conflicts 1/), patient);
  await rpcB.call(RunsRpc.signal, { runId, name: 'go', id: 's1', payload: 2, by }, { cell: 'b' });
  await vi.waitFor(async () => expect((await viewIn(b, runId)).status).toBe('completed'), patient);
});
