import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { type RunTimer, RunTimers } from '../run-timers.js';
import { intArray, textArray } from './binary-array.js';

const NEXT = 'SELECT run_id, due_at FROM aet.run_timer WHERE due_at < $1 ORDER BY due_at LIMIT $2';

/** A row that an append is changing at this moment is skipped: it says more than the state that was looked at. */
const SETTLE = `
WITH free AS (
  SELECT t.run_id, g.due_at FROM aet.run_timer t
  JOIN unnest($1::text[], $2::int[], $3::text[]) AS g(run_id, sequence, due_at) ON g.run_id = t.run_id AND t.sequence <= g.sequence
  FOR UPDATE OF t SKIP LOCKED
), gone AS (
  DELETE FROM aet.run_timer t USING free WHERE t.run_id = free.run_id AND free.due_at IS NULL
)
UPDATE aet.run_timer t SET due_at = free.due_at::bigint FROM free WHERE t.run_id = free.run_id AND free.due_at IS NOT NULL`;

export class PostgresRunTimers extends RunTimers {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async next(before: number, limit: number): Promise<RunTimer[]> {
    try {
      const values = [before, limit];
      const { rows } = await this.pool.query<{ run_id: string; due_at: string }>({ name: 'aet-next-timers', text: NEXT, values });
      return rows.map((row) => ({ runId: row.run_id, dueAt: Number(row.due_at) }));
    } catch (error) {
      throw databaseError(error, 'looking for runs whose time has come');
    }
  }

  override async settle(rows: readonly { runId: string; sequence: number; dueAt?: number }[]): Promise<void> {
    if (rows.length === 0) return;
    const values = [
      textArray(rows.map(({ runId }) => runId)),
      intArray(rows.map(({ sequence }) => sequence)),
      textArray(rows.map(({ dueAt }) => (dueAt === undefined ? null : String(dueAt)))),
    ];
    try {
      await this.pool.query({ name: 'aet-settle-timers', text: SETTLE, values });
    } catch (error) {
      throw databaseError(error, 'noting when runs are to be looked at next');
    }
  }
}
