import type { Priority } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { DispatchTable, type OpenDispatch, type OrderedKey, type PublishedTask } from '../dispatch-table.js';
import { columnText } from './column-text.js';
import { attempts } from './dispatch-part.js';

/** `bigint` comes as text from the driver; sequences and milliseconds fit a JavaScript number. */
interface Row {
  run_id: string;
  step: string;
  item: number;
  attempt: number;
  event_sequence: number;
  capability: string;
  priority: Priority;
  not_before: string;
  scheduled_at: string;
  redispatches: number;
  stream_sequence: string | null;
  published_as: Priority | null;
  published_at: string | null;
  order_key: string | null;
}

/** A task's later attempts have the turn of its first; a task that was taken up again after its run's end waits for one as if it were new. */
const HAS_TURN = `(d.order_key IS NULL OR EXISTS (
  SELECT FROM aet.order_turn t WHERE (t.run_id, t.step, t.item) = (d.run_id, d.step, d.item)))`;

/** Its host has handed it over: its result comes from a provider's batch, unless the time for that is over. */
const IN_BATCH = `EXISTS (
  SELECT FROM aet.batch_request b WHERE (b.run_id, b.step, b.item, b.attempt) = (d.run_id, d.step, d.item, d.attempt)
    AND b.state IN ('waiting', 'batched') AND b.single_at > now())`;

/** One attempt's row goes and the next comes in one commit: a task between two attempts is never seen as over. */
const TAKE_BACK = `
DELETE FROM aet.order_turn t WHERE NOT EXISTS (
  SELECT FROM aet.run_dispatch d WHERE (d.run_id, d.step, d.item) = (t.run_id, t.step, t.item))
RETURNING capability, order_key`;

const GIVE = `
WITH keys AS (
  SELECT DISTINCT capability, order_key FROM unnest($1::text[], $2::text[]) AS t(capability, order_key)
), given AS (
  INSERT INTO aet.order_turn (capability, order_key, run_id, step, item)
  SELECT keys.capability, keys.order_key, first.run_id, first.step, first.item
  FROM keys CROSS JOIN LATERAL (
    SELECT d.run_id, d.step, d.item FROM aet.run_dispatch d
    WHERE d.capability = keys.capability AND d.order_key = keys.order_key
    ORDER BY d.order_position LIMIT 1) first
  ON CONFLICT DO NOTHING
  RETURNING run_id, step, item
)
SELECT d.* FROM aet.run_dispatch d JOIN given USING (run_id, step, item) WHERE d.published_at IS NULL`;

/**
 * A row that an append is removing at this moment is skipped: neither side ever waits for the other. A lost mark costs a repetition only:
 * the commit does not wait for the disk.
 */
const MARK = `
WITH given AS (
  SELECT * FROM unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[], $7::int[], $8::text[])
    AS t(run_id, step, item, attempt, stream_sequence, redispatches, published_as)
), free AS (
  SELECT d.run_id, d.step, d.item, d.attempt, g.stream_sequence, g.redispatches, g.published_as
  FROM (SELECT set_config('synchronous_commit', 'off', true)) lane,
    aet.run_dispatch d JOIN given g USING (run_id, step, item, attempt) FOR UPDATE OF d SKIP LOCKED
)
UPDATE aet.run_dispatch d
SET stream_sequence = free.stream_sequence, redispatches = free.redispatches, published_as = free.published_as, published_at = $1::bigint
FROM free WHERE (d.run_id, d.step, d.item, d.attempt) = (free.run_id, free.step, free.item, free.attempt)
  AND free.redispatches >= d.redispatches`;

export class PostgresDispatchTable extends DispatchTable {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async unpublished(dueBefore: number, limit: number): Promise<OpenDispatch[]> {
    const where = `WHERE d.published_at IS NULL AND d.due_at < $1 AND ${HAS_TURN} ORDER BY d.due_at LIMIT $2`;
    return (await this.rows<Row>(`SELECT d.* FROM aet.run_dispatch d ${where}`, [dueBefore, limit])).map(openDispatch);
  }

  override async unwanted(limit: number): Promise<{ capability: string; priority: Priority; streamSequence: number }[]> {
    const sql = 'SELECT * FROM aet.task_withdrawal ORDER BY stream_sequence LIMIT $1';
    const rows = await this.rows<{ capability: string; priority: Priority; stream_sequence: string }>(sql, [limit]);
    return rows.map((row) => ({
      capability: row.capability,
      priority: row.priority,
      streamSequence: Number(row.stream_sequence),
    }));
  }

  override async withdrawn(streamSequences: readonly number[]): Promise<void> {
    await this.rows('DELETE FROM aet.task_withdrawal WHERE stream_sequence = ANY ($1::bigint[])', [streamSequences]);
  }

  override async orderedKeys(limit: number): Promise<OrderedKey[]> {
    const sql = `SELECT DISTINCT capability, order_key FROM aet.run_dispatch d
      WHERE d.order_key IS NOT NULL AND d.published_at IS NULL LIMIT $1`;
    return (await this.rows<KeyRow>(sql, [limit])).map(orderedKey);
  }

  /** Two statements: the second must see what the first took back. */
  override async giveTurns(keys: readonly OrderedKey[]): Promise<OpenDispatch[]> {
    const freed = (await this.rows<KeyRow>(TAKE_BACK, [])).map(orderedKey);
    const all = [...keys, ...freed];
    if (all.length === 0) return [];
    const values = [all.map(({ capability }) => columnText(capability)), all.map(({ orderKey }) => columnText(orderKey))];
    return (await this.rows<Row>(GIVE, values)).map(openDispatch);
  }

  override async lingering(publishedBefore: number, limit: number): Promise<OpenDispatch[]> {
    const where = `WHERE d.published_at IS NOT NULL AND d.published_at < $1 AND NOT ${IN_BATCH} ORDER BY d.published_at LIMIT $2`;
    return (await this.rows<Row>(`SELECT d.* FROM aet.run_dispatch d ${where}`, [publishedBefore, limit])).map(openDispatch);
  }

  override async misplaced(limit: number): Promise<OpenDispatch[]> {
    const sql = 'SELECT * FROM aet.run_dispatch WHERE published_as <> priority ORDER BY run_id LIMIT $1';
    return (await this.rows<Row>(sql, [limit])).map(openDispatch);
  }

  override async markPublished(rows: readonly PublishedTask[], at: number): Promise<void> {
    if (rows.length === 0) return;
    const values = [
      at,
      ...attempts(rows),
      rows.map((row) => row.streamSequence),
      rows.map((row) => row.redispatches),
      rows.map((row) => row.publishedAs),
    ];
    await this.pool.query({ name: 'aet-mark-published', text: MARK, values }).catch((error: unknown) => {
      throw databaseError(error, 'marking tasks as published');
    });
  }

  private async rows<R extends object>(sql: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.pool.query<R>(sql, values)).rows;
    } catch (error) {
      throw databaseError(error, 'reading open dispatches');
    }
  }
}

interface KeyRow {
  capability: string;
  order_key: string;
}
const orderedKey = (row: KeyRow): OrderedKey => ({ capability: row.capability, orderKey: row.order_key });

const openDispatch = (row: Row): OpenDispatch => ({
  runId: row.run_id,
  step: row.step,
  ...(row.item < 0 ? {} : { item: row.item }),
  attempt: row.attempt,
  eventSequence: row.event_sequence,
  capability: row.capability,
  priority: row.priority,
  notBefore: Number(row.not_before),
  scheduledAt: Number(row.scheduled_at),
  redispatches: row.redispatches,
  ...(row.order_key === null ? {} : { orderKey: row.order_key }),
  ...(row.stream_sequence === null ? {} : { streamSequence: Number(row.stream_sequence) }),
  ...(row.published_as === null ? {} : { publishedAs: row.published_as }),
  ...(row.published_at === null ? {} : { publishedAt: Number(row.published_at) }),
});
