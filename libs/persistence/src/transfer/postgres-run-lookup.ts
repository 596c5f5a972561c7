import type { RunStatus } from '@aet/contracts';
import type { Pool, QueryResultRow } from 'pg';
import { databaseError } from '../database-error.js';
import { RunLookup } from './run-copies.js';

export class PostgresRunLookup extends RunLookup {
  constructor(private readonly pool: Pool) {
    super();
  }

  /** Ids are compared by bytes, so those that begin alike stand together: `~` comes after every character of an id. */
  override async beginningWith(prefix: string, limit: number): Promise<string[]> {
    const rows = await this.query<{ run_id: string }>(
      'SELECT run_id FROM aet.run_head WHERE run_id >= $1 AND run_id < $2 ORDER BY run_id LIMIT $3',
      [prefix, `${prefix}~`, limit],
    );
    return rows.map((row) => row.run_id);
  }

  override async statesOf(runIds: readonly string[]): Promise<Record<string, RunStatus>> {
    const rows = await this.query<{ run_id: string; status: RunStatus }>(
      'SELECT run_id, status FROM aet.run_list WHERE run_id = ANY ($1::text[])',
      [runIds],
    );
    return Object.fromEntries(rows.map((row) => [row.run_id, row.status]));
  }

  private async query<T extends QueryResultRow>(sql: string, values: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query<T>(sql, values)).rows;
    } catch (error) {
      throw databaseError(error, 'looking for runs');
    }
  }
}
