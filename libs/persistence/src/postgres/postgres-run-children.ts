import type { Priority, RunStatus } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { type OpenChild, RunChildren } from '../run-children.js';

interface Row {
  child_run_id: string;
  run_id: string;
  step: string;
  item: number;
  attempt: number;
  event_sequence: number;
  /** `bigint` comes as text. */
  not_before: string;
  priority: Priority;
  told_priority: Priority;
  unwanted: boolean;
  status: RunStatus | null;
}

const TO_DO = `
SELECT c.*, l.status FROM aet.run_child c LEFT JOIN aet.run_list l ON l.run_id = c.child_run_id
WHERE c.unwanted OR c.priority <> c.told_priority OR (l.run_id IS NULL AND c.not_before < $1)
  OR l.status IN ('completed', 'failed', 'cancelled')
ORDER BY c.not_before, c.child_run_id LIMIT $2`;

/** What an append is changing at this moment is skipped: neither side ever waits for the other. */
const FORGET = `
DELETE FROM aet.run_child c USING (
  SELECT child_run_id FROM aet.run_child WHERE child_run_id = ANY ($1::text[]) FOR UPDATE SKIP LOCKED
) free WHERE c.child_run_id = free.child_run_id`;

export class PostgresRunChildren extends RunChildren {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async toDo(now: number, limit: number): Promise<OpenChild[]> {
    return (await this.query<Row>('looking for sub-runs', TO_DO, [now, limit])).map(openChild);
  }

  override async forget(childRunIds: readonly string[]): Promise<void> {
    if (childRunIds.length > 0) await this.query('forgetting sub-runs', FORGET, [childRunIds]);
  }

  override async toldPriority(childRunId: string, priority: Priority): Promise<void> {
    const sql = 'UPDATE aet.run_child SET told_priority = $2 WHERE child_run_id = $1';
    await this.query('noting the priority of a sub-run', sql, [childRunId, priority]);
  }

  private async query<R extends object>(what: string, sql: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.pool.query<R>(sql, values)).rows;
    } catch (error) {
      throw databaseError(error, what);
    }
  }
}

const openChild = (row: Row): OpenChild => ({
  childRunId: row.child_run_id,
  runId: row.run_id,
  step: row.step,
  ...(row.item < 0 ? {} : { item: row.item }),
  attempt: row.attempt,
  eventSequence: row.event_sequence,
  notBefore: Number(row.not_before),
  priority: row.priority,
  toldPriority: row.told_priority,
  unwanted: row.unwanted,
  ...(row.status === null ? {} : { status: row.status }),
});
