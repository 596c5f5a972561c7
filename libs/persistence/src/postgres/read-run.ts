import type { StoredRunEvent } from '@aet/contracts';
import type { Pool } from 'pg';
import { broken, checkChain, GENESIS, type LinkedEvent } from '../hash-chain.js';
import { storedEvent } from './append-batch.js';

interface Row {
  head_sequence: number | null;
  head_hash: string | null;
  sequence: number | null;
  type: string;
  data: string;
  time: Date;
  prev_hash: string;
  hash: string;
}

/** Also gives the event before the first one wanted: the chain is checked from there, and against the head when the end is reached. */
const READ = `
SELECT h.sequence AS head_sequence, encode(h.hash, 'hex') AS head_hash,
  e.sequence, e.type, e.data::text AS data, e.time, encode(e.prev_hash, 'hex') AS prev_hash, encode(e.hash, 'hex') AS hash
FROM (SELECT $1::text COLLATE "C" AS run_id) r
LEFT JOIN aet.run_head h ON h.run_id = r.run_id
LEFT JOIN aet.run_event e ON e.run_id = r.run_id AND e.sequence >= $2
ORDER BY e.sequence LIMIT $3`;

/** As the log's users know events. */
export const readRun = async (pool: Pool, runId: string, after: number, limit?: number): Promise<StoredRunEvent[]> =>
  (await readLinked(pool, runId, after, limit)).map(storedEvent);

/** As they are stored, with both ends of their links. */
export async function readLinked(pool: Pool, runId: string, after: number, limit?: number): Promise<LinkedEvent[]> {
  const wanted = after > 0 && limit !== undefined ? limit + 1 : limit;
  const { rows } = await pool.query<Row>({ name: 'aet-read-run', text: READ, values: [runId, after, wanted ?? null] });
  const head = { sequence: rows[0]?.head_sequence ?? 0, hash: rows[0]?.head_hash ?? GENESIS };
  const events = rows.flatMap((row) => linkedOf(runId, row));
  if (after > head.sequence && events.length === 0) return [];
  const from = after > 0 ? { sequence: after - 1, hash: events[0]?.prevHash ?? '' } : { sequence: 0, hash: GENESIS };
  const end = checkChain(runId, from, events);
  const complete = wanted === undefined || rows.length < wanted;
  if (complete && end.sequence < head.sequence) throw broken(runId, end.sequence + 1, 'is missing');
  if (end.sequence > head.sequence) throw broken(runId, head.sequence + 1, 'stands behind the end of the log');
  if (end.sequence === head.sequence && end.hash !== head.hash) throw broken(runId, end.sequence, 'is not what was written');
  return after > 0 ? events.slice(1) : events;
}

function linkedOf(runId: string, row: Row): LinkedEvent[] {
  if (row.sequence === null) return [];
  const { sequence, type, data, time, prev_hash: prevHash, hash } = row;
  return [{ runId, sequence, type, data, time: time.toISOString(), prevHash, hash }];
}
