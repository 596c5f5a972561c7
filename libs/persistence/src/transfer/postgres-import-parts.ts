import { Conflict } from '@aet/contracts';
import type { Pool, QueryResultRow } from 'pg';
import { databaseError } from '../database-error.js';
import { ImportParts } from './run-copies.js';

/** Parts read at once: some megabytes. */
const PAGE = 20;

export class PostgresImportParts extends ImportParts {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async put(importId: string, part: number, text: string): Promise<void> {
    await this.query(
      `INSERT INTO aet.run_import_part (import_id, part, content, received_at) VALUES ($1, $2, $3, now())
       ON CONFLICT (import_id, part) DO UPDATE SET content = excluded.content, received_at = excluded.received_at`,
      [importId, part, text],
    );
  }

  override async *read(importId: string): AsyncIterable<string> {
    let next = 0;
    for (;;) {
      const page = await this.query<{ part: number; content: string }>(
        'SELECT part, content FROM aet.run_import_part WHERE import_id = $1 AND part >= $2 ORDER BY part LIMIT $3',
        [importId, next, PAGE],
      );
      for (const { part, content } of page) {
        if (part !== next)
          throw new Conflict(`part ${next} of the import did not come: import the file again, from its beginning`);
        yield content;
        next = part + 1;
      }
      if (page.length < PAGE) return;
    }
  }

  override async remove(importId: string): Promise<void> {
    await this.query('DELETE FROM aet.run_import_part WHERE import_id = $1', [importId]);
  }

  override async removeOlder(before: Date): Promise<void> {
    await this.query('DELETE FROM aet.run_import_part WHERE received_at < $1', [before]);
  }

  private async query<T extends QueryResultRow>(sql: string, values: unknown[]): Promise<T[]> {
    try {
      return (await this.pool.query<T>(sql, values)).rows;
    } catch (error) {
      throw databaseError(error, 'keeping the parts of an import');
    }
  }
}
