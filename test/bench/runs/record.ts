import { type RunEvent, RunEventType, WORKFLOW_API } from '@aet/contracts';
import {
  createDataSource,
  createPool,
  PostgresRunLog,
  RUN_LOG_MIGRATIONS,
  RUN_LOG_SCHEMA,
  runMigrations,
} from '@aet/persistence';
import { PostgresTestServer, runEvents, runIdAt } from '@aet/persistence/testing';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Line, line } from '../support/line.ts';
import type { RecordJob } from './record.program.ts';

const EVENTS = 1_000_000;
/** Of one run: a submit, four steps, an end. */
const EVENTS_OF_RUN = 10;
/** Appends at once. */
const LANES = 256;
const GOAL = 20_000;
const MIB = 1_048_576;

const program = fileURLToPath(new URL('record.program.ts', import.meta.url));

/** Rebuild and comparison of a million events, each in a process of its own beside PostgreSQL; and how fast they were written. */
export async function* recordBench(): AsyncGenerator<Line> {
  await using postgres = await PostgresTestServer.start({ fsync: 'on' });
  const database = { ...(await postgres.freshDatabase()), poolSize: 6 };
  const source = createDataSource(database, { schema: RUN_LOG_SCHEMA, migrations: RUN_LOG_MIGRATIONS });
  await runMigrations(source);
  await source.destroy();
  yield await written(database);
  for (const job of ['rebuild', 'verify']) {
    const { events, seconds, peakBytes, startBytes, findings } = await carriedOut(job, database);
    if (events !== EVENTS || findings !== 0) throw new Error(`${job} saw ${events} events and found ${findings} faults`);
    const rate = events / seconds;
    const goal = { text: `≥ ${GOAL} events/s`, reached: (value: number) => value >= GOAL };
    yield line({ bench: `runs: ${job} of ${EVENTS} events`, value: rate, unit: 'events/s', goal });
    yield line({ bench: `runs: ${job} of ${EVENTS} events, peak memory`, value: peakBytes / MIB, unit: 'MiB' });
    yield line({
      bench: `runs: ${job} of ${EVENTS} events, memory beyond the start`,
      value: (peakBytes - startBytes) / MIB,
      unit: 'MiB',
    });
  }
}

type Database = Parameters<typeof createPool>[0];

async function written(database: Database): Promise<Line> {
  const pool = createPool(database);
  const log = new PostgresRunLog(pool, { groupCommitMs: 2, groupCommitMax: 64 });
  const started = performance.now();
  let left = EVENTS / EVENTS_OF_RUN;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await log.append(runIdAt(Date.now()), 0, oneRun());
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const seconds = (performance.now() - started) / 1_000;
  await log.close();
  await pool.query('VACUUM ANALYZE');
  await pool.end();
  return line({ bench: 'runs: append, runs of 10 events in commits of 64', value: EVENTS / seconds, unit: 'events/s' });
}

function oneRun(): RunEvent[] {
  const { completed, runCompleted, scheduled, submitted } = runEvents;
  const workflow = {
    api: WORKFLOW_API,
    name: `bench-${Math.floor(Math.random() * 20)}`,
    steps: { a: { task: 'echo' } },
  } as const;
  const steps = ['a', 'b', 'c', 'd'].flatMap((step) => [scheduled(step), completed(step)]);
  const first = submitted({ workflow });
  if (first.type !== RunEventType.Submitted) throw new Error('a run begins with its submit');
  return [first, ...steps, runCompleted({ ok: true })];
}

async function carriedOut(job: string, database: Database): Promise<RecordJob> {
  const child = fork(program, [job, JSON.stringify(database)]);
  const [[done]] = (await Promise.all([once(child, 'message'), once(child, 'exit')])) as [[RecordJob], unknown];
  return done;
}
