import type { ListRuns, RunCounts, RunPage, RunSummary } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { type Counted, runCounts } from '../projection/run-counts.js';
import { RunList } from '../run-list.js';
import { columnText, keyHash } from './column-text.js';
import { cursorAfter } from './list-cursor.js';
import { listQuery } from './list-query.js';

/** The list of runs, newest first. Pages are cut by key, so runs that come in between neither repeat nor hide one. */
export class PostgresRunList extends RunList {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async list(query: ListRuns): Promise<RunPage> {
    const { text, values, limit } = listQuery(query);
    const [rows, counts] = await Promise.all([
      this.rows<{ summary: RunSummary }>(text, values),
      query.counts === true ? this.counts() : undefined,
    ]);
    const runs = rows.map(({ summary }) => summary);
    const page = runs.slice(0, limit);
    const last = page.at(-1);
    return {
      runs: page,
      ...(runs.length > limit && last !== undefined ? { next: cursorAfter(last) } : {}),
      ...(counts === undefined ? {} : { counts }),
    };
  }

  private async counts(): Promise<RunCounts> {
    const sql = `SELECT workflow, status, sum(runs)::float8 AS runs FROM aet.run_count GROUP BY workflow, status HAVING sum(runs) <> 0`;
    return runCounts(await this.rows<Counted>(sql, []));
  }

  override async overdue(now: Date, limit: number): Promise<string[]> {
    try {
      const sql =
        'SELECT run_id FROM aet.run_list WHERE expires_at IS NOT NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2';
      return (await this.pool.query<{ run_id: string }>(sql, [now, limit])).rows.map((row) => row.run_id);
    } catch (error) {
      throw databaseError(error, 'looking for runs that are over their time');
    }
  }

  override async find(runId: string): Promise<RunSummary | undefined> {
    return (await this.summaries('WHERE run_id = $1', [columnText(runId)]))[0];
  }

  override async findByIdempotencyKey(key: string): Promise<RunSummary | undefined> {
    return (await this.summaries(`WHERE key_sha256 = decode($1, 'hex')`, [keyHash(key)]))[0];
  }

  private async summaries(clauses: string, values: unknown[]): Promise<RunSummary[]> {
    return (await this.rows<{ summary: RunSummary }>(`SELECT summary FROM aet.run_list ${clauses}`, values)).map(
      (row) => row.summary,
    );
  }

  private async rows<T extends object>(sql: string, values: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query<T>(sql, values)).rows;
    } catch (error) {
      throw databaseError(error, 'reading the list of runs');
    }
  }
}
