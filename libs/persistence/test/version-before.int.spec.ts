import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GENESIS, type LinkedEvent } from '../src/index.js';
import { PostgresTestServer } from '../src/testing/index.js';
import { migrated, openReplica } from './run-log-database.js';

/**
 * During a rollout a replica of the version before works on tables that the new one has migrated: its statements, as it sent them, must go on working,
 * and the new one must read what they wrote.
 */
const statement = (name: string): string => readFileSync(join(import.meta.dirname, 'statements/v1', name), 'utf8');
const corpus = join(import.meta.dirname, '../../runs/test/corpus/v1/under-way.ndjson');
const log = readFileSync(corpus, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as LinkedEvent);
const runId = log[0]?.runId ?? '';

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  await migrated(server.config);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Values of the old statement: one run with these events behind what it had, and one open attempt. */
function batch(events: readonly LinkedEvent[]): unknown[] {
  const last = events.at(-1) as LinkedEvent;
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
  const summary = { runId, workflow: 'w', status: 'running', priority: 'normal', cell: 'c1', correlationId: 'c' };
  const attempts = { submittedAt: last.time, updatedAt: last.time, attempts: { scheduled: 1, completed: 0, failed: 0 } };
  return [
    [last.time, [runId], [last.sequence], [bytes(last.hash)], [1], ['c1'], [false]],
    [[runId], [last.time], ['running'], ['w'], [null], [JSON.stringify({ ...summary, ...attempts })]],
    [[], [], [], [], []],
    [[runId], ['work'], [last.sequence], [1], [2], ['work'], ['normal'], ['0'], ['1']],
    [events.map(() => runId), events.map(({ sequence }) => sequence), events.map(({ type }) => type)],
    [events.map(({ data }) => data), events.map(({ prevHash }) => bytes(prevHash)), events.map(({ hash }) => bytes(hash))],
    [[null], false, [null], [null]],
  ].flat(1);
}

it('takes what the version before writes, and reads it', async () => {
  await using replica = openReplica(server.config);
  const write = statement('write-batch.sql');
  // That version gave all events of a batch one time: batches here are cut where the time changes.
  const batches = [...Map.groupBy(log, ({ time }) => time).values()];
  for (const events of batches) await replica.pool.query(write, batch(events));
  expect(log[0]?.prevHash).toBe(GENESIS);
  const read = await replica.log.read(runId);
  expect(read.map(({ hash }) => hash)).toEqual(log.map(({ hash }) => hash));

  const marked = [Date.now(), [runId], ['work'], [log.length], [1], [7], [0]];
  expect((await replica.pool.query(statement('mark-published.sql'), marked)).rowCount).toBe(1);
  const { rows } = await replica.pool.query<{ cell: string; status: string }>(
    'SELECT status, summary->>$2 AS cell FROM aet.run_list WHERE run_id = $1',
    [runId, 'cell'],
  );
  expect(rows).toEqual([{ status: 'running', cell: 'c1' }]);
});
