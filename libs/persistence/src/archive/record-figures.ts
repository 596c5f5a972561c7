import type { Pool } from 'pg';
import { databaseError } from '../database-error.js';

/** How the record stands, for metrics. */
export interface RecordFigures {
  partitions: number;
  segments: number;
  archivedEvents: number;
  archivedBytes: number;
  /** Unix milliseconds: when the run ended that has waited longest for the archive. Absent: none waits. */
  oldestClosedAt?: number;
}

const FIGURES = `
SELECT (SELECT count(*) FROM pg_inherits WHERE inhparent = 'aet.run_event'::regclass)::int AS partitions,
  count(*)::int AS segments, coalesce(sum(events), 0)::float8 AS "archivedEvents", coalesce(sum(bytes), 0)::float8 AS "archivedBytes",
  (SELECT extract(epoch FROM min(closed_at)) * 1000 FROM aet.run_list WHERE closed_at IS NOT NULL)::float8 AS oldest
FROM aet.archive_segment WHERE state = 'stored'`;

export async function recordFigures(pool: Pool): Promise<RecordFigures> {
  try {
    const { rows } = await pool.query<Omit<RecordFigures, 'oldestClosedAt'> & { oldest: number | null }>(FIGURES);
    const { oldest, ...figures } = rows[0]!;
    return oldest === null ? figures : { ...figures, oldestClosedAt: oldest };
  } catch (error) {
    throw databaseError(error, 'looking at the record');
  }
}
