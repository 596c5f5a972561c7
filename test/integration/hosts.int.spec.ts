import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OrchestratorRpc, type RunEvent, RunsRpc, ServiceName, type StoredRunEvent, type WorkflowDocument } from '@aet/contracts';
import { createPool, PostgresRunLog } from '@aet/persistence';
import { decide, foldAll } from '@aet/runs';
import { workflow } from '@aet/runs/testing';
import { startService, type TestService } from '@aet/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AgentModule } from '../../apps/agent/src/agent.module.js';
import { TestCell } from '../../apps/orchestrator/test/cell.js';

// A loaded machine takes its time; nothing here waits for it when it does not.
vi.setConfig({ testTimeout: 120_000 });
const patient = { timeout: 40_000, interval: 50 };

/** Does what its input says, and leaves its process id where it is asked to. */
const PROGRAM = `
  const { readFileSync, writeFileSync } = require('node:fs');
  let input = '';
  process.stdin.on('data', (chunk) => (input += chunk)).on('end', () => {
    const { pidFile, save, hang } = JSON.parse(input);
    const before = process.env.AET_SAVED === undefined ? null : JSON.parse(readFileSync(process.env.AET_SAVED, 'utf8'));
    if (pidFile !== undefined) writeFileSync(pidFile, String(process.pid));
    if (save !== undefined && before === null) console.log('::aet saved ' + JSON.stringify(save));
    if (hang === true && before === null) return setInterval(() => {}, 1000);
    console.log(JSON.stringify({ before }));
  });`;

let cell: TestCell;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'aet-hosts-'));
  await writeFile(join(dir, 'program.cjs'), PROGRAM);
  const command = JSON.stringify([process.execPath, join(dir, 'program.cjs')]);
  await writeFile(
    join(dir, 'worker.md'),
    `---\nname: worker\ndescription: works\naet:\n  executor: command\n  capabilities: [work]\n  command: ${command}\n---\n`,
  );
  cell = await TestCell.start();
  await ready(await cell.orchestrator());
});
afterAll(async () => {
  await cell[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const ready = async (service: TestService): Promise<TestService> => {
  await vi.waitFor(() => expect(service.shell.board.ready).toBe(true), patient);
  return service;
};
const hostNamed = async (name: string, labels: Record<string, string> = {}): Promise<TestService> => {
  const service = await startService(
    { service: ServiceName.Agent, module: AgentModule, ports: () => ({ allocate: noPort, release: () => Promise.resolve() }) },
    {
      nats: cell.nats.url,
      config: {
        cell: { name: 'c1', peers: [] },
        host: { name, labels },
        agents: { dirs: [dir], only: [], workDir: join(dir, name) },
        work: { ackWaitMs: 2000, workingMs: 500, drainMs: 100, slots: 3 },
      },
    },
  );
  return ready(service);
};
const noPort = () => Promise.reject(new Error('no allocator here'));
const submit = async (document: WorkflowDocument): Promise<string> =>
  (await cell.rpc().call(OrchestratorRpc.submit, { document })).runId;
const eventsOf = async (runId: string): Promise<StoredRunEvent[]> =>
  (await cell.rpc().call(OrchestratorRpc.events, { runId })).events;
const until = (runId: string, status: string) =>
  vi.waitFor(async () => expect((await cell.run(runId)).status).toBe(status), patient);
const pidIn = (file: string): Promise<string> =>
  vi.waitFor(async () => {
    const pid = await readFile(file, 'utf8');
    expect(pid).not.toBe('');
    return pid;
  }, patient);
const isAlive = (pid: string): boolean => {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
};

// What takes a while of each takes it beside the others.
describe.concurrent('one host', () => {
  let host: TestService;
  beforeAll(async () => void (host = await hostNamed('h1')));
  afterAll(() => host.stop());

  it('a cancelled run ends the program that works for it, and nothing is told of that', async () => {
    const pidFile = join(dir, 'cancelled');
    const runId = await submit(workflow({ a: { task: 'work', with: { pidFile, hang: true } } }));
    const pid = await pidIn(pidFile);
    await cell.rpc().call(RunsRpc.cancel, { runId, by: 'test' });
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), patient);
    // The slot is free again, and the host goes on.
    await until(await submit(workflow({ a: { task: 'work' } })), 'completed');
    expect((await eventsOf(runId)).map(({ type }) => type)).toEqual(['run.submitted', 'attempt.scheduled', 'run.cancelled']);
  });

  it('a host that missed the notice asks, and ends what nobody waits for', async () => {
    const pidFile = join(dir, 'missed');
    const runId = await submit(workflow({ a: { task: 'work', with: { pidFile, hang: true } } }));
    const pid = await pidIn(pidFile);
    // Cancelled by a process that dies before it tells anybody.
    const pool = createPool(cell.postgres.config);
    const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64, cell: 'c1' });
    const state = foldAll(undefined, await log.read(runId));
    const events: RunEvent[] = decide(state, { kind: 'cancel', by: 'test' }, { now: new Date(), random: () => 0 });
    expect(await log.append(runId, state?.sequence ?? 0, events)).toMatchObject({ kind: 'appended' });
    await log.close();
    await pool.end();
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), patient);
  });

  it('a silent attempt is taken back, and the next one goes on from what it saved', async () => {
    const step = {
      task: 'work',
      heartbeat: '1s',
      with: { save: { page: 7 }, hang: true },
      retry: { attempts: 2, initial: '1ms' },
    };
    const runId = await submit(workflow({ a: step }));
    await until(runId, 'completed');
    expect(await cell.run(runId)).toMatchObject({ output: { a: { before: { page: 7 } } } });
    const events = await eventsOf(runId);
    expect(events.find(({ type }) => type === 'attempt.saved')?.data).toMatchObject({ saved: { page: 7 }, attempt: 1 });
    expect(events.find(({ type }) => type === 'attempt.failed')?.data).toMatchObject({
      error: { code: 'ATTEMPT_TIMEOUT', message: expect.stringContaining('no sign of life') as string },
    });
  });
});

it('another host goes on from what was saved on one that stopped, in the same attempt', async () => {
  const first = await hostNamed('h1');
  const pidFile = join(dir, 'moved');
  const runId = await submit(workflow({ a: { task: 'work', with: { pidFile, save: { page: 3 }, hang: true } } }));
  await vi.waitFor(async () => expect((await eventsOf(runId)).map(({ type }) => type)).toContain('attempt.saved'), patient);
  await first.stop();
  const pid = await pidIn(pidFile);
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), patient);
  await using _second = await hostNamed('h2');
  await until(runId, 'completed');
  expect(await cell.run(runId)).toMatchObject({ output: { a: { before: { page: 3 } } } });
  const completed = (await eventsOf(runId)).find(({ type }) => type === 'attempt.completed');
  expect(completed?.data).toMatchObject({ attempt: 1, by: { host: 'h2' } });
});

it('a task of a cancelled run that waited in the stream is never begun', async () => {
  const pidFile = join(dir, 'never');
  const cancelled = await submit(workflow({ a: { task: 'work', with: { pidFile } } }));
  const pool = createPool(cell.postgres.config);
  const noted = 'SELECT FROM aet.run_dispatch WHERE run_id = $1 AND published_at IS NOT NULL';
  await vi.waitFor(async () => expect((await pool.query(noted, [cancelled])).rowCount).toBe(1), patient);
  await pool.end();
  await cell.rpc().call(RunsRpc.cancel, { runId: cancelled, by: 'test' });
  await vi.waitFor(async () => expect(await cell.waiting('work')).toBe(0), patient);
  await using _host = await hostNamed('h1');
  await until(await submit(workflow({ a: { task: 'work' } })), 'completed');
  expect(existsSync(pidFile)).toBe(false);
});

it('a task waits for the host that it asks for, however many others look at it', async () => {
  await using other = await hostNamed('h1', { gpu: 'none' });
  const placed = await submit(workflow({ a: { task: 'work', placement: { labels: { gpu: 'a100' } } } }));
  const named = await submit(workflow({ a: { task: 'work', placement: { host: 'h2' } } }));
  const free = await submit(workflow({ a: { task: 'work' } }));
  await until(free, 'completed');
  await vi.waitFor(async () => {
    const metrics = await (await fetch(`${other.url}/metrics`)).text();
    expect(metrics).toMatch(/aet_agent_tasks_held_back_total\{[^}]*reason="misplaced"[^}]*\} ([3-9]|\d\d)/);
  }, patient);
  await using _right = await hostNamed('h2', { gpu: 'a100' });
  for (const runId of [placed, named]) {
    await until(runId, 'completed');
    const events = await eventsOf(runId);
    expect(events.map(({ type }) => type)).toEqual(['run.submitted', 'attempt.scheduled', 'attempt.completed', 'run.completed']);
    expect(events[2]?.data).toMatchObject({ attempt: 1, by: { host: 'h2' } });
  }
  expect(existsSync(join(dir, 'h1'))).toBe(true);
});
