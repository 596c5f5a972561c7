import {
  ApprovalRpc,
  OrchestratorRpc,
  type PutSchedule,
  type RunExportLine,
  RunEventType,
  RunsRpc,
  ScheduleRpc,
  type SubmitRun,
  type TaskMessage,
  WORKFLOW_API,
} from '@aet/contracts';
import type { RpcClient } from '@aet/messaging';
import { workflow } from '@aet/runs/testing';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TestCell } from './cell.js';

vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 60_000, interval: 50 };

let cell: TestCell;
const folder = mkdtempSync(join(tmpdir(), 'aet-workflows-'));
/** Inputs of tasks that wait until they are let go. */
const held = new Map<string, () => void>();
const performed: string[] = [];

beforeAll(async () => {
  cell = await TestCell.start();
  const [one, two] = await Promise.all([cell.orchestrator({ dirs: [folder] }), cell.orchestrator({ dirs: [folder] })]);
  await vi.waitUntil(() => one.shell.board.ready && two.shell.board.ready, patient);
  await cell.worker(async (task: TaskMessage): Promise<unknown> => {
    const { hold, n = 0 } = task.input as { hold?: string; n?: number };
    performed.push(`${task.runId} ${task.step}`);
    if (hold !== undefined) await new Promise<void>((go) => held.set(hold, go));
    return { step: task.step, n };
  });
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const call: RpcClient['call'] = (method, request, options) => cell.rpc().call(method, request, options);
const submit = async (request: SubmitRun): Promise<string> => (await call(OrchestratorRpc.submit, request)).runId;
const status = async (runId: string): Promise<string> => (await cell.run(runId)).status;
const ended = (runId: string, how: string) => vi.waitFor(async () => expect(await status(runId)).toBe(how), patient);
const typesOf = async (runId: string) =>
  (await call(OrchestratorRpc.events, { runId, limit: 1000 })).events.map(({ type }) => type);
const audits = async (runId: string) =>
  (await cell.facts('audit')).flatMap(({ type, data }) => ((data as { runId?: string }).runId === runId ? [type] : []));

const asking = workflow({
  ask: { approval: { text: 'May it go?', approvers: ['anna'] } },
  work: { task: 'work', needs: ['ask'] },
});

describe('an operator', () => {
  it('cancels, once; who did it and why stands in the log and in the audit', async () => {
    const runId = await submit({ document: workflow({ wait: { wait: { for: '1h' } } }) });
    const word = { runId, by: 'anna', reason: 'wrong branch' };
    const both = await Promise.all([call(RunsRpc.cancel, word), call(RunsRpc.cancel, word)]);
    expect(both.map(({ status: now }) => now)).toEqual(['cancelled', 'cancelled']);
    expect(both.filter(({ changed }) => changed)).toHaveLength(1);
    const { events } = await call(OrchestratorRpc.events, { runId });
    expect(events.at(-1)).toMatchObject({ type: RunEventType.Cancelled, data: { by: 'anna', reason: 'wrong branch' } });
    expect(await audits(runId)).toEqual(['audit.run.cancelled', 'audit.run.cancelled']);
    await expect(call(RunsRpc.signal, { runId, name: 'go', id: 's1' })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await audits(runId)).toContain('audit.run.signalled-refused');
  });

  it('pauses, and resumes: nothing begins between', async () => {
    const hold = randomUUID();
    const document = workflow({ a: { task: 'work', with: { hold } }, b: { task: 'work', needs: ['a'] } });
    const runId = await submit({ document });
    await vi.waitUntil(() => held.has(hold), patient);
    expect(await call(RunsRpc.pause, { runId, by: 'anna' })).toMatchObject({ status: 'paused', changed: true });
    expect(await call(RunsRpc.pause, { runId, by: 'anna' })).toMatchObject({ changed: false });
    held.get(hold)?.();
    await vi.waitFor(async () => expect(await typesOf(runId)).toContain('attempt.completed'), patient);
    expect((await cell.run(runId)).steps.map((step) => step.status)).toEqual(['completed', 'waiting']);
    await call(RunsRpc.resume, { runId });
    await ended(runId, 'completed');
  });

  it('approves where she may, and nobody else does; twice is once', async () => {
    const runId = await submit({ document: asking });
    const asks = async () => (await call(ApprovalRpc.ls, { limit: 200 })).approvals.filter((ask) => ask.runId === runId);
    expect(await asks()).toMatchObject([{ step: 'ask', text: 'May it go?', approvers: ['anna'], status: 'running' }]);
    await expect(call(RunsRpc.approve, { runId, by: 'bob' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await call(RunsRpc.approve, { runId, by: 'anna', reason: 'fine' })).toMatchObject({ changed: true });
    expect(await call(RunsRpc.approve, { runId, by: 'anna', reason: 'fine' })).toMatchObject({ changed: false });
    expect(await asks()).toEqual([]);
    await expect(call(RunsRpc.reject, { runId, by: 'anna' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await ended(runId, 'completed');
    expect(await audits(runId)).toEqual([
      'audit.run.approved-refused',
      'audit.run.approved',
      'audit.run.approved',
      'audit.run.rejected-refused',
    ]);
    const other = await submit({ document: asking });
    await call(RunsRpc.reject, { runId: other, by: 'anna', reason: 'not today' });
    await ended(other, 'failed');
  });

  it('signals: before the step waits, and twice, both count once', async () => {
    const document = workflow(
      {
        first: { task: 'work' },
        go: { wait: { signal: 'go' }, needs: ['first'] },
      },
      { output: '${{ steps.go }}' },
    );
    const runId = await submit({ document });
    const signal = { runId, name: 'go', id: 'only', payload: { n: 1 } };
    const both = await Promise.all([call(RunsRpc.signal, signal), call(RunsRpc.signal, signal)]);
    expect(both.filter(({ changed }) => changed)).toHaveLength(1);
    await ended(runId, 'completed');
    expect((await cell.run(runId)).output).toEqual({ n: 1 });
  });

  it('gives a run another priority', async () => {
    const runId = await submit({ document: workflow({ wait: { wait: { for: '1h' } } }), lane: 'background' });
    expect(await cell.run(runId)).toMatchObject({ priority: 'low', durability: 'relaxed' });
    await call(RunsRpc.prioritize, { runId, priority: 'critical', by: 'anna' });
    expect((await call(OrchestratorRpc.list, { limit: 50 })).runs.find((run) => run.runId === runId)?.priority).toBe('critical');
    await call(RunsRpc.cancel, { runId });
  });

  it('begins a run later', async () => {
    const startAt = new Date(Date.now() + 2_000).toISOString();
    const runId = await submit({ document: workflow({ a: { task: 'work' } }), startAt });
    expect(await status(runId)).toBe('scheduled');
    await ended(runId, 'completed');
    const started = (await call(OrchestratorRpc.events, { runId })).events.find(({ type }) => type === RunEventType.Started);
    expect(Date.parse(started?.time ?? '')).toBeGreaterThanOrEqual(Date.parse(startAt));
  });
});

describe('runs from runs', () => {
  const document = workflow(
    {
      a: { task: 'work', with: { n: '${{ inputs.n }}' } },
      b: { task: 'work', needs: ['a'], with: { n: '${{ steps.a.n }}' } },
      c: { task: 'work', with: { n: 7 } },
    },
    { inputs: { n: { type: 'number', default: 1 } }, output: '${{ steps.b }}' },
  );
  const done = async (request: SubmitRun = { document }): Promise<string> => {
    const runId = await submit(request);
    await ended(runId, 'completed');
    return runId;
  };
  const doneBy = (runId: string) =>
    performed
      .filter((line) => line.startsWith(runId))
      .map((line) => line.split(' ')[1])
      .toSorted();

  it('rerun: from a step on, with other inputs; what does not depend on it is kept', async () => {
    const runId = await done();
    const request = { runId, from: 'a', inputs: { n: 5 }, by: 'anna', idempotencyKey: randomUUID() };
    const again = await call(RunsRpc.rerun, request);
    expect((await call(RunsRpc.rerun, request)).runId).toBe(again.runId);
    await ended(again.runId, 'completed');
    expect((await cell.run(again.runId)).output).toEqual({ step: 'b', n: 5 });
    expect(doneBy(again.runId)).toEqual(['a', 'b']);
    const [first] = (await call(OrchestratorRpc.events, { runId: again.runId })).events;
    expect(first?.data).toMatchObject({ origin: { kind: 'rerun', runId, from: 'a', by: 'anna' } });
    await expect(call(RunsRpc.rerun, { runId, from: 'nobody' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('fork: from a place in the log on', async () => {
    const runId = await done();
    const { events } = await call(OrchestratorRpc.events, { runId });
    const end = events.find((event) => event.type === RunEventType.AttemptCompleted && event.data.step === 'a');
    const fork = await call(RunsRpc.fork, { runId, sequence: end?.sequence ?? 0 });
    await ended(fork.runId, 'completed');
    expect(doneBy(fork.runId)).toContain('b');
    expect(doneBy(fork.runId)).not.toContain('a');
    await expect(call(RunsRpc.fork, { runId, sequence: 999 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await call(RunsRpc.diff, { runId, other: fork.runId })).toMatchObject({ same: true });
    const five = await done({ document, inputs: { n: 5 } });
    const { differences } = await call(RunsRpc.diff, { runId, other: five });
    expect(differences.map(({ path }) => path)).toEqual(['inputs.n', 'output.n', 'steps.a.output.n', 'steps.b.output.n']);
  });

  it('replay: nothing differs, and another workflow says what would; nothing is done', async () => {
    const runId = await done();
    const before = performed.length;
    expect(await call(RunsRpc.replay, { runId })).toMatchObject({ same: true, differences: [] });
    const b = { task: 'work', needs: ['a'], with: { n: 99 } };
    const other = { ...document, steps: { ...document.steps, b } };
    const { differences } = await call(RunsRpc.replay, { runId, document: other });
    expect(differences).toContainEqual({ path: 'asked.b.input.n', before: 1, after: 99 });
    expect(performed).toHaveLength(before);
  });

  it('keep the workflow that they began with, and those that it calls, when the files are edited while they go on', async () => {
    const hold = randomUUID();
    const steps = (last: object) => ({ a: { task: 'work', with: { hold } }, b: { needs: ['a'], ...last } });
    const file = (name: string, of: object) =>
      writeFileSync(join(folder, `${name}.yaml`), JSON.stringify({ api: WORKFLOW_API, name, steps: of }));
    file('edited', steps({ workflow: 'called' }));
    file('called', { x: { task: 'work', with: { n: 1 } } });
    const runId = await submit({ workflow: 'edited' });
    await vi.waitUntil(() => held.has(hold), patient);
    file('edited', steps({ task: 'work' }));
    file('called', { x: { task: 'work', with: { n: 2 } } });
    held.get(hold)?.();
    await ended(runId, 'completed');
    expect((await cell.run(runId)).output).toMatchObject({ b: { x: { n: 1 } } });
  });
});

describe('a run on its way', () => {
  const exported = async (runId: string): Promise<RunExportLine[]> => {
    const lines: RunExportLine[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await call(RunsRpc.export, { runId, ...(cursor === undefined ? {} : { cursor }) });
      lines.push(...page.lines);
      if (page.next === undefined) return lines;
      cursor = page.next;
    }
  };
  const textOf = (lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const bringIn = async (text: string) => {
    const pieces = Math.max(3, Math.ceil(text.length / 150_000));
    const importId = randomUUID();
    const size = Math.ceil(text.length / pieces);
    let answer = {};
    for (let part = 0; part < pieces; part++) {
      const piece = text.slice(part * size, (part + 1) * size);
      answer = await call(RunsRpc.import, { importId, part, text: piece, last: part === pieces - 1, by: 'anna' });
    }
    return answer;
  };
  const forget = async (runId: string): Promise<void> => {
    const pool = cell.pool();
    for (const table of ['run_event', 'run_list', 'run_head'])
      await pool.query(`DELETE FROM aet.${table} WHERE run_id = $1`, [runId]);
    await pool.end();
  };

  it('is exported and imported as it was, with its times and hashes; twice changes nothing', async () => {
    const runId = await submit({ document: workflow({ a: { task: 'work', with: { n: 3 } } }), idempotencyKey: randomUUID() });
    await ended(runId, 'completed');
    const lines = await exported(runId);
    const { events } = await call(OrchestratorRpc.events, { runId });
    expect(lines).toHaveLength(events.length + 1);
    expect(await bringIn(textOf(lines))).toEqual({ runId, events: events.length, existing: true });
    await forget(runId);
    expect(await bringIn(textOf(lines))).toEqual({ runId, events: events.length, existing: false });
    expect((await call(OrchestratorRpc.events, { runId })).events).toEqual(events);
    expect((await call(OrchestratorRpc.list, { limit: 100 })).runs.find((run) => run.runId === runId)).toMatchObject({
      status: 'completed',
    });
    expect(await call(RunsRpc.find, { prefix: runId.slice(0, 20) })).toEqual({ runIds: [runId] });
    expect(await call(RunsRpc.states, { runIds: [runId] })).toEqual({ states: { [runId]: 'completed' } });
  });

  it('takes its large values with it', async () => {
    const document = workflow(
      { a: { task: 'work', with: { n: 1 } } },
      { inputs: { text: { type: 'string' } }, output: '${{ inputs.text }}' },
    );
    const text = 'Grüße '.repeat(60_000);
    const runId = await submit({ document, inputs: { text } });
    await ended(runId, 'completed');
    const lines = await exported(runId);
    expect(lines.filter((line) => 'payload' in line).length).toBeGreaterThan(1);
    await forget(runId);
    const lost = lines.filter((line) => !('payload' in line));
    await expect(bringIn(textOf(lost))).rejects.toThrow(/lacks 1 large values/);
    expect(await bringIn(textOf(lines))).toMatchObject({ runId, existing: false });
  });

  it('is refused when anything of it was changed, lost or added, and nothing of it stays', async () => {
    const runId = await submit({ document: workflow({ a: { task: 'work' } }) });
    await ended(runId, 'completed');
    const lines = await exported(runId);
    await forget(runId);
    const changed = textOf(lines).replace('"n":0', '"n":1');
    const bad: [string, RegExp][] = [
      [changed, /line \d+ does not go on where event \d+ ended: an event was changed/],
      [textOf(lines.toSpliced(2, 1)), /line 3 does not go on where event 1 ended/],
      [textOf(lines.slice(0, -1)), /ending with/],
      [textOf(lines.slice(1)), /comes before the header/],
      [`${textOf(lines)}{"event":{}}\n`, /line \d+ is neither/],
      ['{"no\n', /is not JSON/],
      ['', /line 1/],
    ];
    for (const [text, message] of bad) {
      await expect(bringIn(text)).rejects.toThrow(message);
      expect(await call(RunsRpc.find, { prefix: runId })).toEqual({ runIds: [] });
    }
    const pool = cell.pool();
    expect((await pool.query('SELECT count(*)::int AS n FROM aet.run_import_part')).rows).toEqual([{ n: 0 }]);
    await pool.end();
  });

  it('is not exported before its end', async () => {
    const runId = await submit({ document: workflow({ wait: { wait: { for: '1h' } } }) });
    await expect(call(RunsRpc.export, { runId })).rejects.toThrow(/only what has ended can be exported: .*`aet runs cancel/);
    await call(RunsRpc.cancel, { runId });
    expect((await exported(runId)).length).toBeGreaterThan(2);
  });
});

describe('a schedule', () => {
  const runsOf = async (name: string) => (await call(OrchestratorRpc.list, { schedule: name, limit: 100 })).runs;
  const run = { document: workflow({ a: { task: 'work' } }) };

  it('submits one run for each of its times, though two replicas look', async () => {
    const name = 'secondly';
    const put = await call(ScheduleRpc.put, { name, cron: '* * * * * *', run, by: 'anna' });
    expect([put.next.length, put.catchUp, put.timeZone]).toEqual([3, 'last', 'UTC']);
    await vi.waitFor(async () => expect((await runsOf(name)).length).toBeGreaterThanOrEqual(3), patient);
    const paused = await call(ScheduleRpc.pause, { name, by: 'anna', reason: 'enough' });
    expect(paused).toMatchObject({ next: [], paused: { by: 'anna', reason: 'enough' }, last: { runId: expect.any(String) } });
    const runs = await runsOf(name);
    const keys = await Promise.all(
      runs.map(async ({ runId }) => (await call(OrchestratorRpc.events, { runId, limit: 1 })).events[0]?.data),
    );
    const times = keys.map((data) => (data as { idempotencyKey: string }).idempotencyKey);
    expect(new Set(times).size).toBe(runs.length);
    expect(times.every((key) => /^schedule:secondly:.*:\d\d\.000Z$/.test(key))).toBe(true);
    expect((await call(ScheduleRpc.resume, { name })).next).toHaveLength(3);
    expect(await call(ScheduleRpc.rm, { name, by: 'anna' })).toEqual({ name, removed: true });
    expect(await call(ScheduleRpc.rm, { name })).toEqual({ name, removed: false });
    expect((await call(ScheduleRpc.ls, {})).schedules).toEqual([]);
  });

  it('is refused when it never comes, or its run would be refused', async () => {
    const put = (request: Partial<PutSchedule>) => call(ScheduleRpc.put, { name: 'x', run, ...request });
    await expect(put({ cron: 'soon' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(put({ cron: '@daily', run: { workflow: 'nobody' } })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(put({ cron: '@daily', run: { ...run, startAt: '2030-01-01T00:00:00Z' } })).rejects.toThrow(
      /leave run.startAt out/,
    );
    await expect(call(ScheduleRpc.pause, { name: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
