import { type ListRuns, type RunPage, type RunSummary, ValidationFailed } from '@aet/contracts';
import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { RunList } from '../run-list.js';
import { columnText, keyHash } from './column-text.js';

const PAGE = 50;

/** The list of runs, newest first. Pages are cut by key, so runs that come in between neither repeat nor hide one. */
export class PostgresRunList extends RunList {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async list({ status, workflow, limit = PAGE, cursor }: ListRuns): Promise<RunPage> {
    const values: unknown[] = [];
    const bind = (value: unknown): string => `$${values.push(value)}`;
    const where = [
      ...(status === undefined ? [] : [`status = ${bind(status)}`]),
      ...(workflow === undefined ? [] : [`workflow = ${bind(columnText(workflow))}`]),
      ...(cursor === undefined ? [] : [older(parseCursor(cursor), bind)]),
    ];
    const runs = await this.summaries(
      `${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`} ORDER BY submitted_at DESC, run_id DESC LIMIT ${bind(limit + 1)}`,
      values,
    );
    const page = runs.slice(0, limit);
    const last = page.at(-1);
    return runs.length > limit && last !== undefined ? { runs: page, next: cursorAfter(last) } : { runs: page };
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
    try {
      const sql = `SELECT summary FROM aet.run_list ${clauses}`;
      return (await this.pool.query<{ summary: RunSummary }>(sql, values)).rows.map((row) => row.summary);
    } catch (error) {
      throw databaseError(error, 'reading the list of runs');
    }
  }
}

interface Cursor {
  submittedAt: string;
  runId: string;
}

const older = ({ submittedAt, runId }: Cursor, bind: (value: unknown) => string): string =>
  `(submitted_at, run_id) < (${bind(submittedAt)}::timestamptz, ${bind(runId)})`;

/** Opaque to callers. */
export const cursorAfter = ({ submittedAt, runId }: Cursor): string =>
  Buffer.from(JSON.stringify([submittedAt, runId])).toString('base64url');

/** @throws {ValidationFailed} */
export function parseCursor(text: string): Cursor {
  try {
    const [submittedAt, runId] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as [unknown, unknown];
    if (typeof runId === 'string' && !runId.includes('\0') && typeof submittedAt === 'string') {
      return { submittedAt: new Date(submittedAt).toISOString(), runId };
    }
  } catch {
    // not one of ours: said below
  }
  throw new ValidationFailed('the cursor is not one that a page gave: leave it out to begin at the newest run', [
    { path: 'cursor', rule: 'cursor', message: 'must be `next` of an earlier page' },
  ]);
}
