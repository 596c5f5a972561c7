import type { AttemptRef, Priority } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { DispatchTable, type OpenDispatch } from '../dispatch-table.js';
import { attempts } from './append-statements.js';

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
  published_at: string | null;
}

/** A row that an append is removing at this moment is skipped: neither side ever waits for the other. */
const MARK = `
WITH given AS (
  SELECT * FROM unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[], $7::int[])
    AS t(run_id, step, item, attempt, stream_sequence, redispatches)
), free AS (
  SELECT d.run_id, d.step, d.item, d.attempt, g.stream_sequence, g.redispatches
  FROM aet.run_dispatch d JOIN given g USING (run_id, step, item, attempt) FOR UPDATE OF d SKIP LOCKED
)
UPDATE aet.run_dispatch d
SET stream_sequence = free.stream_sequence, redispatches = free.redispatches, published_at = $1::bigint
FROM free WHERE (d.run_id, d.step, d.item, d.attempt) = (free.run_id, free.step, free.item, free.attempt)
  AND free.redispatches >= d.redispatches`;

export class PostgresDispatchTable extends DispatchTable {
  constructor(private readonly pool: Pool) {
    super();
  }

  override unpublished(dueBefore: number, limit: number): Promise<OpenDispatch[]> {
    return this.rows('WHERE published_at IS NULL AND due_at < $1 ORDER BY due_at LIMIT $2', [dueBefore, limit]);
  }

  override lingering(publishedBefore: number, limit: number): Promise<OpenDispatch[]> {
    return this.rows('WHERE published_at IS NOT NULL AND published_at < $1 ORDER BY published_at LIMIT $2', [
      publishedBefore,
      limit,
    ]);
  }

  override async markPublished(
    rows: readonly (AttemptRef & { streamSequence: number; redispatches: number })[],
    at: number,
  ): Promise<void> {
    if (rows.length === 0) return;
    const values = [at, ...attempts(rows), rows.map((row) => row.streamSequence), rows.map((row) => row.redispatches)];
    await this.pool.query({ name: 'aet-mark-published', text: MARK, values }).catch((error: unknown) => {
      throw databaseError(error, 'marking tasks as published');
    });
  }

  private async rows(clauses: string, values: unknown[]): Promise<OpenDispatch[]> {
    try {
      return (await this.pool.query<Row>(`SELECT * FROM aet.run_dispatch ${clauses}`, values)).rows.map(openDispatch);
    } catch (error) {
      throw databaseError(error, 'reading open dispatches');
    }
  }
}

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
  ...(row.stream_sequence === null ? {} : { streamSequence: Number(row.stream_sequence) }),
  ...(row.published_at === null ? {} : { publishedAt: Number(row.published_at) }),
});
