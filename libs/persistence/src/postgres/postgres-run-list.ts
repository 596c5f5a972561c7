import type { ListRuns, RunCounts, RunPage, RunSummary } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { type Counted, runCounts } from '../projection/run-counts.js';
import { RunList } from '../run-list.js';
import { columnText, keyHash } from './column-text.js';
import { cursorAfter } from './list-cursor.js';
import { inTransaction } from './in-transaction.js';
import { hitsQuery, type ListQuery, listQuery, PAGE, recentQuery } from './list-query.js';

/** The list of runs, newest first. Pages are cut by key, so runs that come in between neither repeat nor hide one. */
export class PostgresRunList extends RunList {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async list(query: ListRuns): Promise<RunPage> {
    const { limit = PAGE } = query;
    const [runs, counts] = await Promise.all([this.found(query), query.counts === true ? this.counts() : undefined]);
    const page = runs.slice(0, limit);
    const last = page.at(-1);
    return {
      runs: page,
      ...(runs.length > limit && last !== undefined ? { next: cursorAfter(last) } : {}),
      ...(counts === undefined ? {} : { counts }),
    };
  }

  private async found(query: ListRuns): Promise<RunSummary[]> {
    if (query.text === undefined) return this.page(listQuery(query));
    const recent = await this.page(recentQuery(query));
    return recent.length > (query.limit ?? PAGE) ? recent : ((await this.foundByWords(query)) ?? this.page(listQuery(query)));
  }

  private async page({ text, values }: ListQuery): Promise<RunSummary[]> {
    return (await this.rows<{ summary: RunSummary }>(text, values)).map(({ summary }) => summary);
  }

  /**
   * By the index of words, whatever the planner thinks: it does not know how many words begin so, and would read the whole list for a rare one.
   * Undefined: there are so many that the order of the list is the better way.
   */
  private async foundByWords(query: ListRuns): Promise<RunSummary[] | undefined> {
    const { text, values, most } = hitsQuery(query);
    try {
      const rows = await inTransaction(this.pool, async (client) => {
        await client.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off');
        return (await client.query<{ summary: RunSummary; found: number }>(text, values)).rows;
      });
      return rows[0]?.found === most ? undefined : rows.map(({ summary }) => summary);
    } catch (error) {
      throw databaseError(error, 'searching the list of runs');
    }
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
