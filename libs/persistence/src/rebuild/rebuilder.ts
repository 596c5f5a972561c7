import { Cancelled, Conflict, type RebuildPhase, type RebuildProgress } from '@aet/contracts';
import type { Pool, PoolClient } from 'pg';
import type { ArchivedEvents } from '../archive/archived-events.js';
import { databaseError, isRolledBack, sqlState } from '../database-error.js';
import { withLock } from '../postgres/advisory-lock.js';
import { countsFromList, PROJECTORS } from './projectors.js';
import { forgetRuns, RunFolder } from './run-folder.js';
import { type Page, pageAfter, pageOf, scanPage } from './run-scan.js';
import { columnsOf, createShadows, dropShadows, indexShadow, long, MARKS, SHADOW, swapTable } from './shadow-tables.js';

export interface RebuildOptions {
  /** Runs that have not changed since then keep their rows as they are. */
  fromTimestamp?: Date;
  signal?: AbortSignal;
  onProgress?: (progress: RebuildProgress) => void;
}

const LOCK = 'rebuild';
const TABLES = [...PROJECTORS.map(({ table }) => table), 'run_count'];
/** So few changed runs are folded while appends wait; more of them before, at most so many times. */
const FEW = 200;
const PASSES = 20;
const LOCK_TIMEOUT = '3s';
const SWAPS = 20;

const CHANGED = `
SELECT h.run_id FROM aet.run_head h LEFT JOIN ${MARKS} m USING (run_id)
WHERE m.run_id IS NULL OR m.sequence <> h.sequence OR m.archived <> h.archived`;

/**
 * Makes all projections anew from segments and log, beside the serving ones, and puts them in their place in one transaction. Appends go on
 * meanwhile and wait only for that last moment. Until then nothing that serves has changed: whatever ends it before leaves nothing behind,
 * but a process that is killed, whose tables are dropped by the next start of a replica or the next rebuild.
 */
export class Rebuilder {
  constructor(
    private readonly pool: Pool,
    private readonly archive: ArchivedEvents,
    /** Whose record it is. Absent: every run in it is its own. */
    private readonly cell?: string,
  ) {}

  /** @throws {Conflict} one is under way. @throws {Cancelled} */
  async rebuild(options: RebuildOptions = {}): Promise<RebuildProgress> {
    try {
      const outcome = await withLock(this.pool, LOCK, () => new Rebuild(this.pool, this.archive, options, this.cell).run());
      if (outcome !== undefined) return outcome.done;
    } catch (error) {
      throw databaseError(error, 'rebuilding the projections: those that serve are unchanged');
    }
    throw new Conflict('a rebuild is under way in another replica: wait until it is done');
  }

  /** Drops what a killed rebuild left. Nothing while one is under way. */
  async clean(): Promise<void> {
    try {
      await withLock(this.pool, LOCK, () => dropShadows(this.pool));
    } catch (error) {
      throw databaseError(error, 'dropping what a rebuild left behind');
    }
  }
}

type FindPage<P extends Page> = (reader: PoolClient) => Promise<P>;

class Rebuild {
  private readonly startedAt = performance.now();
  private progress = { runs: 0, events: 0, totalRuns: 0 };

  constructor(
    private readonly pool: Pool,
    private readonly archive: ArchivedEvents,
    private readonly options: RebuildOptions,
    private readonly cell: string | undefined,
  ) {}

  async run(): Promise<RebuildProgress> {
    const client = await this.pool.connect();
    const ignore = (): void => undefined;
    client.on('error', ignore); // the next statement reports it
    let failed: Error | undefined;
    try {
      await dropShadows(client);
      await createShadows(client, TABLES);
      await this.fill(client);
      await this.swap(client);
      return this.tell('done');
    } catch (error) {
      failed = error as Error;
      // Of another connection: this one may be broken, or in a transaction that failed.
      await dropShadows(this.pool).catch(ignore);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(failed);
    }
  }

  private async fill(client: PoolClient): Promise<void> {
    const { rows } = await client.query<{ runs: number }>('SELECT count(*)::int AS runs FROM aet.run_head');
    this.progress.totalRuns = rows[0]?.runs ?? 0;
    if (this.options.fromTimestamp !== undefined) await this.keepOld(client, this.options.fromTimestamp);
    else await this.foldAll(client);
    this.tell('indexes');
    for (const { table } of PROJECTORS) await indexShadow(client, table);
    await long(client, `ANALYZE ${MARKS}`);
    for (let pass = 0; pass < PASSES; pass++) {
      const changed = await this.changed(client);
      if (changed.length < FEW) break;
      await this.foldAgain(client, changed, 'catching-up');
    }
  }

  private async foldAll(client: PoolClient): Promise<void> {
    for (let from: string | undefined = ''; from !== undefined;) {
      const folder = new RunFolder(this.cell);
      const page: Page & { selection: { to: string | undefined } } = await this.reading(folder, (reader) =>
        pageAfter(reader, from ?? ''),
      );
      await folder.write(client);
      this.tell('folding', folder.runs);
      from = page.selection.to;
    }
  }

  /** Rows of runs that have not changed since, as they serve. The others are found by the next look at what is not yet folded. */
  private async keepOld(client: PoolClient, since: Date): Promise<void> {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query(
      `INSERT INTO ${MARKS} (run_id, sequence, archived) SELECT run_id, sequence, archived FROM aet.run_head WHERE updated_at < $1`,
      [since],
    );
    for (const { table } of PROJECTORS) {
      const columns = await columnsOf(client, table);
      await long(
        client,
        `INSERT INTO ${SHADOW}.${table} (${columns}) SELECT ${columns} FROM aet.${table} WHERE run_id IN (SELECT run_id FROM ${MARKS})`,
      );
    }
    await client.query('COMMIT');
  }

  /** Of one snapshot, on a connection of its own. */
  private readonly reading = async <P extends Page>(folder: RunFolder, find: FindPage<P>): Promise<P> => {
    if (this.options.signal?.aborted === true) throw new Cancelled('the rebuild was called off: nothing has changed');
    const reader = await this.pool.connect();
    let failed: Error | undefined;
    try {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const page = await this.scanned(reader, folder, find);
      await reader.query('COMMIT');
      return page;
    } catch (error) {
      failed = error as Error;
      throw error;
    } finally {
      reader.release(failed);
    }
  };

  private async scanned<P extends Page>(reader: PoolClient, folder: RunFolder, find: FindPage<P>): Promise<P> {
    const page = await find(reader);
    this.progress.events += await scanPage(reader, page, this.archive, folder.visit);
    return page;
  }

  private async changed(client: PoolClient): Promise<string[]> {
    return (await client.query<{ run_id: string }>(CHANGED)).rows.map((row) => row.run_id);
  }

  /** @param read by which they are read: while appends wait, only by the connection that makes them wait, as they may have all others */
  private async foldAgain(client: PoolClient, ids: readonly string[], phase: RebuildPhase, read = this.reading): Promise<void> {
    for (let at = 0; at < ids.length; at += FEW) {
      const some = ids.slice(at, at + FEW);
      const folder = new RunFolder(this.cell);
      await read(folder, (reader) => pageOf(reader, some));
      await forgetRuns(client, some);
      await folder.write(client);
      this.tell(phase, folder.runs);
    }
  }

  /** Appends that are in the way are let through: then it is tried again. */
  private async swap(client: PoolClient): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await client.query('BEGIN');
        await this.swapNow(client);
        await client.query('COMMIT');
        return;
      } catch (error) {
        await client.query('ROLLBACK');
        if (tries === SWAPS || !(isRolledBack(error) || sqlState(error) === '55P03')) throw error;
        const changed = await this.changed(client);
        await this.foldAgain(client, changed, 'catching-up');
      }
    }
  }

  /** The head of a run is what an append takes first: who waits here holds nothing. */
  private async swapNow(client: PoolClient): Promise<void> {
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query('LOCK TABLE aet.run_head IN EXCLUSIVE MODE');
    for (const table of TABLES) await client.query(`LOCK TABLE aet.${table} IN ACCESS EXCLUSIVE MODE`);
    this.tell('swapping');
    await this.foldAgain(client, await this.changed(client), 'swapping', (folder, find) => this.scanned(client, folder, find));
    for (const { takeOver } of PROJECTORS) for (const statement of takeOver?.(SHADOW) ?? []) await long(client, statement);
    await long(client, countsFromList(SHADOW));
    await indexShadow(client, 'run_count');
    for (const table of TABLES) await swapTable(client, table);
    await client.query(`DROP TABLE ${MARKS}`);
  }

  private tell(phase: RebuildPhase, runs = 0): RebuildProgress {
    this.progress.runs += runs;
    const progress = { phase, ...this.progress, seconds: (performance.now() - this.startedAt) / 1_000 };
    this.options.onProgress?.(progress);
    return progress;
  }
}
