import type { Pool, PoolClient } from 'pg';
import { databaseError, sqlState } from '../database-error.js';
import { withLock } from '../postgres/advisory-lock.js';
import { inTransaction } from '../postgres/in-transaction.js';
import { idBound, missingPartitions, type PartitionBounds, partitionName } from './partition-plan.js';

/** A part of the log. */
export interface Partition {
  name: string;
  /** Absent of the one for strays, which takes ids that fit nowhere, and of what was the whole log before. */
  from?: string;
  to?: string;
}

const LOCK = 'partitions';
/** Appends wait as long as a partition is added or dropped, which waits for those that run: not longer than this, then it is tried again later. */
const LOCK_TIMEOUT = '1s';

const PARTITIONS = `
SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'aet.run_event'::regclass ORDER BY c.relname`;

/** The partitions of the log by time: made ahead, dropped when the archive has emptied them. Any replica may do it; one at a time does. */
export class LogPartitions {
  constructor(
    private readonly pool: Pool,
    private readonly now: () => number = Date.now,
  ) {}

  async list(): Promise<Partition[]> {
    const { rows } = await this.pool.query<{ name: string; bounds: string }>(PARTITIONS);
    return rows.map(({ name, bounds }) => {
      const [from, to] = ['FROM', 'TO'].map((word) => new RegExp(`${word} \\('([^']*)'\\)`).exec(bounds)?.[1]);
      return { name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
    });
  }

  /** Makes what is missing for the next two periods, and drops what is empty and over. Returns names. */
  async maintain(days: number): Promise<{ made: string[]; dropped: string[] }> {
    try {
      const outcome = await withLock(this.pool, LOCK, async () => ({
        made: await this.make(days),
        dropped: await this.drop(days),
      }));
      return outcome?.done ?? { made: [], dropped: [] };
    } catch (error) {
      throw databaseError(error, 'maintaining the partitions of the log');
    }
  }

  private async make(days: number): Promise<string[]> {
    const ends = (await this.list()).flatMap(({ to }) => to ?? []);
    const made: string[] = [];
    for (const bounds of missingPartitions(ends.toSorted().at(-1), this.now(), days)) {
      if (!(await patiently(this.pool, (client) => add(client, bounds)))) break;
      made.push(partitionName(bounds));
    }
    return made;
  }

  private async drop(days: number): Promise<string[]> {
    const over = idBound(this.now() - days * 24 * 60 * 60 * 1_000);
    const dropped: string[] = [];
    for (const { name, to } of await this.list()) {
      if (to === undefined || to >= over || !(await this.isEmpty(name))) continue;
      if (await patiently(this.pool, (client) => removeEmpty(client, name))) dropped.push(name);
    }
    return dropped;
  }

  private async isEmpty(name: string): Promise<boolean> {
    const { rows } = await this.pool.query<{ filled: boolean }>(`SELECT EXISTS (SELECT FROM aet.${name}) AS filled`);
    return rows[0]?.filled === false;
  }
}

/** False: appends were in the way for too long, or strays came in meanwhile. */
async function patiently(pool: Pool, work: (client: PoolClient) => Promise<boolean>): Promise<boolean> {
  try {
    return await inTransaction(pool, async (client) => {
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      return work(client);
    });
  } catch (error) {
    // lock_not_available, check_violation of the partition for strays
    if (sqlState(error) === '55P03' || sqlState(error) === '23514') return false;
    throw error;
  }
}

/** Attached, not created as a part: that does not lock the log. What strays have of its time moves into it. */
async function add(client: PoolClient, { from, to }: PartitionBounds): Promise<boolean> {
  const name = partitionName({ from, to });
  await client.query(`CREATE TABLE aet.${name} (LIKE aet.run_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
  await client.query(
    `WITH moved AS (DELETE FROM aet.run_event_stray WHERE run_id >= $1 AND run_id < $2 RETURNING *)
     INSERT INTO aet.${name} SELECT * FROM moved`,
    [from, to],
  );
  await client.query(`ALTER TABLE aet.run_event ATTACH PARTITION aet.${name} FOR VALUES FROM ('${from}') TO ('${to}')`);
  return true;
}

async function removeEmpty(client: PoolClient, name: string): Promise<boolean> {
  await client.query(`LOCK TABLE ONLY aet.run_event IN ACCESS EXCLUSIVE MODE`);
  const { rows } = await client.query<{ filled: boolean }>(`SELECT EXISTS (SELECT FROM aet.${name}) AS filled`);
  if (rows[0]?.filled !== false) return false;
  await client.query(`ALTER TABLE aet.run_event DETACH PARTITION aet.${name}`);
  await client.query(`DROP TABLE aet.${name}`);
  return true;
}
