import { Priority, type RunEvent, RunEventType, type StoredRunEvent, WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';
import {
  createDataSource,
  createPool,
  PostgresRunLog,
  PostgresRunTimers,
  projectMoment,
  RUN_LOG_MIGRATIONS,
  RUN_LOG_SCHEMA,
  runMigrations,
} from '@aet/persistence';
import { PostgresTestServer } from '@aet/persistence/testing';
import { pause } from '@aet/resilience';
import { BackgroundLoop, DrainSequence } from '@aet/service-kit';
import { readdirSync, readFileSync } from 'node:fs';
import { childRunId } from '@aet/runs';
import { RunStore } from '../../../apps/orchestrator/dist/application/run-store.js';
import { TickRuns } from '../../../apps/orchestrator/dist/application/tick-runs.js';
import { type Line, line } from '../support/line.ts';
import { percentiles } from '../support/measure.ts';

const WAITING = 10_000;
const MEASURED_MS = 20_000;
const QUIET_MS = 3_000;
const GOAL_PERCENT = 1;
/** Timers that fire while they are measured, and over how long. */
const FIRING = 500;
const FIRING_MS = 5_000;
const LATE_GOAL_MS = 1_000;
const HOUR_MS = 3_600_000;
const CELL = 'bench';

const workflow: WorkflowDocument = { api: WORKFLOW_API, name: 'waits', steps: { wait: { wait: { for: '1h' } } } };

/** Waiting timers of real runs in the real table, under the loop that every orchestrator runs; its processor time and PostgreSQL's, beside doing nothing. */
export async function* timersBench(): AsyncGenerator<Line> {
  await using postgres = await PostgresTestServer.start();
  const database = await postgres.freshDatabase();
  const source = createDataSource(database, { schema: RUN_LOG_SCHEMA, migrations: RUN_LOG_MIGRATIONS });
  await runMigrations(source);
  await source.destroy();
  const pool = createPool(database);
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 256, cell: CELL });
  try {
    const now = Date.now();
    await Promise.all(Array.from({ length: WAITING }, (_, i) => begin(log, now + HOUR_MS + i)));
    // Neither is to pay for the ten thousand commits.
    await pool.query('VACUUM ANALYZE');
    await pool.query('CHECKPOINT');
    await pause(QUIET_MS);
    const idle = await processorShare(postgres.pid);
    const loop = startLoop(log, new PostgresRunTimers(pool));
    const waiting = await processorShare(postgres.pid);
    yield line({
      bench: `runs: ${WAITING} waiting timers, processor time of the loop and its database`,
      value: waiting,
      unit: '% of a core',
      peer: { name: 'doing nothing', value: idle },
      goal: { text: `< ${GOAL_PERCENT} % of a core`, reached: (value) => value < GOAL_PERCENT },
    });
    const late = percentiles(await lateness(log));
    await loop.stop();
    const bench = (what: string): string => `runs: timers after their moment, ${WAITING} others waiting, ${what}`;
    yield line({ bench: bench('p50'), value: late.p50, unit: 'ms' });
    const goal = { text: `≤ ${LATE_GOAL_MS} ms`, reached: (value: number) => value <= LATE_GOAL_MS };
    yield line({ bench: bench('p99'), value: late.p99, unit: 'ms', goal });
  } finally {
    await log.close();
    await pool.end();
  }
}

let begun = 0;

async function begin(log: PostgresRunLog, until: number): Promise<void> {
  const runId = childRunId({ runId: 'bench', step: `wait ${begun++}`, attempt: 1 }, new Date());
  const submitted: RunEvent = {
    type: RunEventType.Submitted,
    data: {
      workflow,
      workflowHash: '0'.repeat(64),
      inputs: {},
      priority: Priority.Normal,
      durability: 'strict',
      correlationId: runId,
      cell: CELL,
      epoch: 1,
      submittedBy: 'bench',
    },
  };
  const wait: RunEvent = { type: RunEventType.WaitBegun, data: { step: 'wait', until: new Date(until).toISOString() } };
  await log.append(runId, 0, [submitted, wait]);
}

/** As the orchestrator wires it. */
function startLoop(log: PostgresRunLog, timers: PostgresRunTimers): { stop(): Promise<void> } {
  const metrics = { appended: () => undefined, conflict: () => undefined, refused: () => undefined };
  const store = new RunStore(log, metrics);
  const surroundings = { circumstances: () => ({ now: new Date(), random: Math.random }), newRunId: () => '' };
  const quiet = { warn: (...what: unknown[]) => console.error(...what) };
  const tick = new TickRuns(timers, store, surroundings, CELL, quiet as never);
  const loop = new BackgroundLoop({ round: () => tick.execute(), againMs: 1_000, onError: (error) => console.error(error) });
  const drain = new Drain();
  loop.start(drain);
  log.onCommitted((_runId, events) => {
    const moment = projectMoment(events);
    if (moment !== undefined) loop.wakeWithin(moment.at - Date.now());
  });
  return drain;
}

class Drain extends DrainSequence {
  private readonly steps: (() => Promise<void>)[] = [];
  override readonly draining = false;
  override on(_phase: string, step: () => Promise<void>): void {
    this.steps.push(step);
  }
  async stop(): Promise<void> {
    for (const step of this.steps) await step();
  }
}

/** How long after their moment waits ended. Milliseconds. */
async function lateness(log: PostgresRunLog): Promise<number[]> {
  const late: number[] = [];
  const due = new Map<string, number>();
  const done = Promise.withResolvers<void>();
  log.onCommitted((runId: string, events: readonly StoredRunEvent[]) => {
    for (const event of events) {
      if (event.type === RunEventType.WaitBegun) due.set(runId, Date.parse(event.data.until ?? ''));
      if (event.type === RunEventType.WaitEnded) late.push(Date.now() - (due.get(runId) ?? 0));
    }
    if (late.length === FIRING) done.resolve();
  });
  const first = Date.now() + 1_000;
  await Promise.all(Array.from({ length: FIRING }, (_, i) => begin(log, first + (i * FIRING_MS) / FIRING)));
  await Promise.race([done.promise, pause(60_000)]);
  return late;
}

/** Of this process and of a PostgreSQL with all its own, in percent of a core. */
async function processorShare(postgres: number | undefined): Promise<number> {
  const before = { own: process.cpuUsage(), database: databaseMs(postgres), at: performance.now() };
  await pause(MEASURED_MS);
  const { user, system } = process.cpuUsage(before.own);
  const used = (user + system) / 1_000 + databaseMs(postgres) - before.database;
  return (used / (performance.now() - before.at)) * 100;
}

/** Linux counts processor time in hundredths of a second (`man 5 proc`). Elsewhere only this process is measured. */
function databaseMs(postgres: number | undefined): number {
  if (postgres === undefined || process.platform !== 'linux') return 0;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const ticks = pids.map((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number) as [number, number, number, number];
      if (Number(pid) === postgres) return user + system + endedUser + endedSystem;
      return Number(fields[1]) === postgres ? user + system : 0;
    } catch {
      return 0; // it ended meanwhile
    }
  });
  return ticks.reduce((sum, one) => sum + one, 0) * 10;
}
