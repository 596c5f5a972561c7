import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';
import { FactCursor } from '../dispatch-table.js';

/** Heads are locked in the order in which appends lock them. A lost mark costs a repetition only: the commit does not wait for the disk. */
const ADVANCE = `
WITH free AS (
  SELECT h.run_id, g.told
  FROM (SELECT set_config('synchronous_commit', 'off', true)) lane,
    aet.run_head h JOIN unnest($1::text[], $2::int[], $3::int[]) AS g(run_id, after, told) USING (run_id)
  WHERE h.told >= g.after AND h.told < g.told ORDER BY h.run_id FOR UPDATE OF h
)
UPDATE aet.run_head h SET told = least(free.told, h.sequence) FROM free WHERE h.run_id = free.run_id`;

export class PostgresFactCursor extends FactCursor {
  constructor(
    private readonly pool: Pool,
    private readonly now: () => number = Date.now,
  ) {
    super();
  }

  override async behind(olderThanMs: number, limit: number): Promise<{ runId: string; told: number; sequence: number }[]> {
    const since = new Date(this.now() - olderThanMs);
    try {
      const { rows } = await this.pool.query<{ runId: string; told: number; sequence: number }>(
        `SELECT run_id AS "runId", told, sequence FROM aet.run_head
         WHERE told < sequence AND updated_at < $1 ORDER BY updated_at LIMIT $2`,
        [since, limit],
      );
      return rows;
    } catch (error) {
      throw databaseError(error, 'reading how far facts were told');
    }
  }

  override async advance(rows: readonly { runId: string; after: number; told: number }[]): Promise<void> {
    for (let rest = [...rows].toSorted((a, b) => a.after - b.after); rest.length > 0;) {
      const { now, later } = onePerRun(rest);
      await this.advanceOnce(now);
      rest = later;
    }
  }

  private async advanceOnce(rows: readonly Told[]): Promise<void> {
    const values = [rows.map((row) => row.runId), rows.map((row) => row.after), rows.map((row) => row.told)];
    await this.pool.query({ name: 'aet-advance-told', text: ADVANCE, values }).catch((error: unknown) => {
      throw databaseError(error, 'noting how far facts were told');
    });
  }
}

interface Told {
  runId: string;
  after: number;
  told: number;
}

/** A statement changes a row once: ranges of one run that touch become one, and what lies behind a gap goes into the next statement. */
function onePerRun(sorted: readonly Told[]): { now: Told[]; later: Told[] } {
  const now = new Map<string, Told>();
  const later: Told[] = [];
  for (const row of sorted) {
    const first = now.get(row.runId);
    if (first === undefined) now.set(row.runId, row);
    else if (row.after <= first.told) now.set(row.runId, { ...first, told: Math.max(first.told, row.told) });
    else later.push(row);
  }
  return { now: [...now.values()], later };
}
