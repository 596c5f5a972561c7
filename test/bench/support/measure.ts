import pg from 'pg';
import type { Fleet } from './fleet.ts';
import type { Order, Submitted } from './order.ts';

/** How a load went. Rates a second, times in milliseconds. */
export interface Measured {
  tasks: number;
  /** Acknowledged submits by second of submitting. */
  added: number;
  /** Tasks by second, from the first submit to the last result's commit. */
  processed: number;
  ack: Percentiles;
  result: Percentiles;
}
export interface Percentiles {
  p50: number;
  p99: number;
}

/** Longest time for a load to be done. Milliseconds. */
const DONE_MS = 600_000;

export function percentiles(times: readonly number[]): Percentiles {
  const sorted = Float64Array.from(times).toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Lets the fleet do `order`, and asks PostgreSQL (`track_commit_timestamp`) when each result was committed. */
export async function load(fleet: Fleet, database: pg.Pool, order: Order): Promise<Measured> {
  const before = await ended(database);
  const told = fleet.producer.told<Submitted>('submitted');
  fleet.producer.send(order);
  const submitted = await told;
  await untilDone(database, before + order.tasks);
  const { rows } = await database.query<{ run_id: string; ms: number }>(
    `SELECT run_id, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 * 1000 AS ms FROM aet.run_event
     WHERE type = 'run.completed' AND run_id = ANY ($1)`,
    [submitted.runs],
  );
  if (rows.length !== order.tasks) throw new Error(`${rows.length} of ${order.tasks} tasks were completed`);
  const committed = new Map(rows.map((row) => [row.run_id, row.ms]));
  const at = (index: number): number => committed.get(submitted.runs[index] ?? '') ?? Number.NaN;
  const lastAck = Math.max(...chunked(submitted.acknowledged));
  const lastResult = Math.max(...chunked([...committed.values()]));
  return {
    tasks: order.tasks,
    added: (order.tasks / (lastAck - submitted.begun)) * 1_000,
    processed: (order.tasks / (lastResult - submitted.begun)) * 1_000,
    ack: percentiles(submitted.acknowledged.map((ms, index) => ms - (submitted.sent[index] ?? 0))),
    result: percentiles(submitted.sent.map((ms, index) => at(index) - ms)),
  };
}

/** Lets tasks gather while no host runs; then one begins. `processed`: from the first result to the last. */
export async function drainBacklog(
  fleet: Fleet,
  database: pg.Pool,
  order: Order,
): Promise<Pick<Measured, 'added' | 'processed'>> {
  while (fleet.hosts.length > 0) await fleet.removeHost();
  const before = await ended(database);
  const told = fleet.producer.told<Submitted>('submitted');
  fleet.producer.send(order);
  const { begun, acknowledged } = await told;
  await fleet.addHost();
  await untilDone(database, before + order.tasks);
  const { rows } = await database.query<{ ms: number }>(
    `SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - min(pg_xact_commit_timestamp(xmin)))::float8 * 1000 AS ms
     FROM (SELECT xmin FROM aet.run_event WHERE type = 'run.completed' ORDER BY position DESC LIMIT $1) latest`,
    [order.tasks],
  );
  const rate = (ms: number): number => (order.tasks / Math.max(ms, 1)) * 1_000;
  return { added: rate(Math.max(...chunked(acknowledged)) - begun), processed: rate(rows[0]?.ms ?? Number.NaN) };
}

/** The largest of each thousand: a million numbers are no arguments of one call. */
function chunked(values: readonly number[]): number[] {
  const largest: number[] = [];
  for (let from = 0; from < values.length; from += 1_000) largest.push(Math.max(...values.slice(from, from + 1_000)));
  return largest;
}

async function untilDone(database: pg.Pool, tasks: number): Promise<void> {
  const until = performance.now() + DONE_MS;
  while ((await ended(database)) < tasks) {
    if (performance.now() > until) throw new Error('the tasks were not done in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function ended(database: pg.Pool): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM aet.run_list WHERE status <> 'running'`,
  );
  return rows[0]?.count ?? 0;
}
