import type { SegmentView } from '@aet/contracts';
import type { Pool, PoolClient } from 'pg';

/** `writing`: its object may be there in part; `removing`: its object may be gone. Both are cleaned by the next round. */
export type SegmentRow = SegmentView;

/** Where consecutive events of a run lie. */
export interface PieceRow {
  runId: string;
  from: number;
  to: number;
  segment: string;
  /** Of the segment, hex. */
  sha256: string;
}

type Queries = Pick<Pool | PoolClient, 'query'>;

const SEGMENT = `segment, state, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt", runs, events,
  bytes::float8 AS bytes, encode(sha256, 'hex') AS sha256`;
const PIECE = `p.run_id AS "runId", p.from_sequence AS "from", p.to_sequence AS "to", p.segment, encode(s.sha256, 'hex') AS sha256`;

export const segmentRows = async (db: Queries): Promise<SegmentRow[]> =>
  (await db.query<SegmentRow>(`SELECT ${SEGMENT} FROM aet.archive_segment ORDER BY created_at DESC, segment DESC`)).rows;

export const segmentRow = async (db: Queries, segment: string): Promise<SegmentRow | undefined> =>
  (await db.query<SegmentRow>(`SELECT ${SEGMENT} FROM aet.archive_segment WHERE segment = $1`, [segment])).rows[0];

/** In the order of the events. */
export const piecesOfRun = async (db: Queries, runId: string): Promise<PieceRow[]> =>
  (
    await db.query<PieceRow>(
      `SELECT ${PIECE} FROM aet.archived_run p JOIN aet.archive_segment s USING (segment) WHERE p.run_id = $1 ORDER BY p.from_sequence`,
      [runId],
    )
  ).rows;

export const piecesOfSegment = async (db: Queries, segment: string): Promise<PieceRow[]> =>
  (
    await db.query<PieceRow>(
      `SELECT ${PIECE} FROM aet.archived_run p JOIN aet.archive_segment s USING (segment) WHERE p.segment = $1 ORDER BY p.run_id`,
      [segment],
    )
  ).rows;

export async function announceSegment(db: Queries, row: Omit<SegmentRow, 'state'>): Promise<void> {
  await db.query(
    `INSERT INTO aet.archive_segment (segment, state, created_at, runs, events, bytes, sha256)
     VALUES ($1, 'writing', $2, $3, $4, $5, decode($6, 'hex'))`,
    [row.segment, row.createdAt, row.runs, row.events, row.bytes, row.sha256],
  );
}
