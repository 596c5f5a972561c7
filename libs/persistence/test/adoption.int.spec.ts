import { type RunEvent, RunEventType, StaleOwner } from '@aet/contracts';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createPool,
  type LinkedEvent,
  PostgresAdoptionRecord,
  PostgresDispatchTable,
  PostgresRunCopies,
  PostgresRunList,
  PostgresRunLog,
} from '../src/index.js';
import { PostgresTestServer, runEvents, runIdAt } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const { completed, scheduled, submitted } = runEvents;

/** The record of one cell. */
class Cell {
  readonly log: PostgresRunLog;
  readonly record: PostgresAdoptionRecord;
  readonly list: PostgresRunList;
  private readonly copies: PostgresRunCopies;
  private readonly table: PostgresDispatchTable;

  constructor(
    readonly name: string,
    readonly pool: pg.Pool,
  ) {
    this.log = new PostgresRunLog(pool, { groupCommitMs: 0, groupCommitMax: 64, cell: name });
    this.record = new PostgresAdoptionRecord(pool, name);
    this.list = new PostgresRunList(pool);
    this.copies = new PostgresRunCopies(pool);
    this.table = new PostgresDispatchTable(pool);
  }

  /** As its facts would tell it. */
  copy(run: string): Promise<LinkedEvent[]> {
    return this.copies.export(run, 0, 1_000);
  }
  async append(run: string, ...events: RunEvent[]): Promise<void> {
    const { length } = await this.log.read(run);
    const { kind } = await this.log.append(run, length, events);
    if (kind !== 'appended') throw new Error(`another writer was first in ${run}`);
  }
  adopt(run: string, copied: readonly LinkedEvent[], from: string, epoch: number): ReturnType<PostgresAdoptionRecord['import']> {
    return this.record.import(run, copied, [{ type: RunEventType.Adopted, data: { by: 'anna', cell: this.name, epoch, from } }]);
  }
  async open(run: string): Promise<string[]> {
    const rows = await this.table.unpublished(Date.now() + 3_600_000, 1_000);
    return rows.filter((row) => row.runId === run).map(({ step }) => step);
  }
  /** What it adopted from the other, as it tells it. */
  async told(run: string, from: string): Promise<LinkedEvent> {
    const found = (await this.record.adoptedFrom(from, '', 1_000)).findLast((one) => one.runId === run);
    if (found === undefined) throw new Error(`${run} was not adopted`);
    const { epoch: _epoch, ...event } = found;
    return { ...event, prevHash: '' };
  }
}

let server: PostgresTestServer;
let a: Cell;
let b: Cell;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  const other = { ...server.config, name: 'other' };
  const pool = createPool(server.config);
  await pool.query('CREATE DATABASE other');
  await Promise.all([migrated(server.config), migrated(other)]);
  a = new Cell('a', pool);
  b = new Cell('b', createPool(other));
});
afterAll(async () => {
  for (const { log, pool } of [a, b]) {
    await log.close();
    await pool.end();
  }
  await server[Symbol.asyncDispose]();
});

const begun = async (more: Parameters<typeof submitted>[0] = {}): Promise<string> => {
  const run = runIdAt(Date.now());
  await a.append(run, submitted({ cell: 'a', ...more }), scheduled('one'), scheduled('two'));
  return run;
};

it('moves a run and back, and both logs are one', async () => {
  const run = await begun({ idempotencyKey: 'once' });
  await a.append(run, completed('one'));
  const copied = await a.copy(run);
  expect(await b.adopt(run, copied, 'a', 2)).toBe('imported');
  expect(await b.adopt(run, copied, 'a', 2)).toBe('existing');
  expect((await b.copy(run)).slice(0, copied.length)).toEqual(copied);
  expect(await b.log.ownerOf(run)).toEqual({ cell: 'b', epoch: 2 });
  expect(await b.open(run)).toEqual(['two']);
  expect(await b.list.findByIdempotencyKey('once')).toMatchObject({ runId: run, cell: 'b', status: 'running' });

  const adopted = await b.told(run, 'a');
  expect(await a.record.cede(adopted)).toEqual({ runId: run, divergent: 0, tasks: [] });
  expect(await a.record.cede(adopted)).toBeUndefined();
  expect(await a.copy(run)).toEqual(await b.copy(run));
  expect(await a.open(run)).toEqual([]);
  await expect(a.log.append(run, copied.length + 1, [completed('two')])).rejects.toBeInstanceOf(StaleOwner);
  await expect(a.log.append(run, copied.length, [completed('two')])).rejects.toBeInstanceOf(StaleOwner);

  expect(await a.adopt(run, await b.copy(run), 'b', 3)).toBe('imported');
  expect(await a.log.ownerOf(run)).toEqual({ cell: 'a', epoch: 3 });
  expect(await a.open(run)).toEqual(['two']);
  await a.append(run, completed('two'));
  expect((await b.record.cede(await a.told(run, 'b')))?.divergent).toBe(0);
});

it('keeps what the former owner wrote more, counts it, and does not adopt over it', async () => {
  const run = await begun();
  const copied = await a.copy(run);
  await a.append(run, completed('one'), completed('two'));
  expect(await b.adopt(run, copied, 'a', 2)).toBe('imported');
  const kept = await a.copy(run);
  expect(await a.record.cede(await b.told(run, 'a'))).toMatchObject({ divergent: 2 });
  expect((await a.copy(run)).slice(0, kept.length)).toEqual(kept);
  expect(await a.record.conflicts(10)).toMatchObject([
    { runId: run, from: 'a', to: 'b', sequence: copied.length + 1, divergent: 2 },
  ]);
  await b.append(run, completed('one'));
  expect(await a.adopt(run, await b.copy(run), 'b', 3)).toBe('diverged');

  expect((await b.record.adoptedHere()).get(run)).toBe(copied.length + 1);
  await b.record.refuse(run, copied.length + 2);
  expect((await b.record.conflicts(10)).find((one) => one.runId === run)).toMatchObject({ divergent: 2 });
});

it('leaves an idempotency key to the run that has it here', async () => {
  const here = runIdAt(Date.now());
  await b.append(here, submitted({ cell: 'b', idempotencyKey: 'twice' }));
  const run = await begun({ idempotencyKey: 'twice' });
  expect(await b.adopt(run, await a.copy(run), 'a', 2)).toBe('imported');
  expect(await b.list.findByIdempotencyKey('twice')).toMatchObject({ runId: here });
});
