import { type StoredRunEvent, Unavailable } from '@aet/contracts';
import type { Pool } from 'pg';
import type { ArchivedEvents } from '../archive/archived-events.js';
import { broken, type ChainEnd, checkChain, GENESIS, type LinkedEvent } from '../hash-chain.js';
import type { EventVersions } from '@aet/runs';
import { eventOf } from './append-batch.js';

interface Row {
  head_sequence: number | null;
  head_hash: string | null;
  archived: number | null;
  sequence: number | null;
  type: string;
  data: string;
  time: Date;
  prev_hash: string;
  hash: string;
}

/** Also gives the event before the first one wanted: the chain is checked from there, and against the head when the end is reached. */
const READ = `
SELECT h.sequence AS head_sequence, encode(h.hash, 'hex') AS head_hash, h.archived,
  e.sequence, e.type, e.data::text AS data, e.time, encode(e.prev_hash, 'hex') AS prev_hash, encode(e.hash, 'hex') AS hash
FROM (SELECT $1::text COLLATE "C" AS run_id) r
LEFT JOIN aet.run_head h ON h.run_id = r.run_id
LEFT JOIN aet.run_event e ON e.run_id = $1 AND e.sequence >= $2
ORDER BY e.sequence LIMIT $3`;

/** As the log's users know events. @throws {UnsupportedVersion} */
export async function readRun(
  pool: Pool,
  versions: EventVersions,
  runId: string,
  after: number,
  limit?: number,
  archive?: ArchivedEvents,
): Promise<StoredRunEvent[]> {
  return (await readLinked(pool, runId, after, limit, archive)).map((linked) => eventOf(linked, versions));
}

/** As they are stored, with both ends of their links; from the archive what lies there. */
export async function readLinked(
  pool: Pool,
  runId: string,
  after: number,
  limit?: number,
  archive?: ArchivedEvents,
): Promise<LinkedEvent[]> {
  const wanted = after > 0 && limit !== undefined ? limit + 1 : limit;
  const { head, events } = await found(pool, runId, Math.max(after, 1), wanted, archive);
  if (after > head.sequence && events.length === 0) return [];
  const from = after > 0 ? { sequence: after - 1, hash: events[0]?.prevHash ?? '' } : { sequence: 0, hash: GENESIS };
  const end = checkChain(runId, from, events);
  const complete = wanted === undefined || events.length < wanted;
  if (complete && end.sequence < head.sequence) throw broken(runId, end.sequence + 1, 'is missing');
  if (end.sequence > head.sequence) throw broken(runId, head.sequence + 1, 'stands behind the end of the log');
  if (end.sequence === head.sequence && end.hash !== head.hash) throw broken(runId, end.sequence, 'is not what was written');
  return after > 0 ? events.slice(1) : events;
}

/** Events can move to the archive, or back, between two questions: then it is asked again. */
const TRIES = 5;

async function found(
  pool: Pool,
  runId: string,
  from: number,
  limit: number | undefined,
  archive: ArchivedEvents | undefined,
): Promise<{ head: ChainEnd; events: LinkedEvent[] }> {
  for (let tries = 1; tries <= TRIES; tries++) {
    const { rows } = await pool.query<Row>({ name: 'aet-read-run', text: READ, values: [runId, from, limit ?? null] });
    const head = { sequence: rows[0]?.head_sequence ?? 0, hash: rows[0]?.head_hash ?? GENESIS };
    const events = rows.flatMap((row) => linkedOf(runId, row));
    const archived = rows[0]?.archived ?? 0;
    if (archived < from) return { head, events };
    if (archive === undefined) throw new Unavailable(`events of run ${runId} lie in the archive, which is not read here`);
    const to = limit === undefined ? archived : Math.min(archived, from + limit - 1);
    const moved = await archive.read(pool, runId, from, to);
    if (moved !== undefined) return { head, events: [...moved, ...events].slice(0, limit) };
  }
  throw new Unavailable(`events of run ${runId} are being moved between the table and the archive: read it again in a moment`);
}

const FROM_TABLE = `
SELECT sequence, type, data::text AS data, time, encode(prev_hash, 'hex') AS prev_hash, encode(hash, 'hex') AS hash
FROM aet.run_event WHERE run_id = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3`;

/** What the table has, as it is: nothing is checked. */
export async function storedEvents(
  pool: Pick<Pool, 'query'>,
  runId: string,
  from: number,
  limit: number,
): Promise<LinkedEvent[]> {
  const { rows } = await pool.query<Row>({ name: 'aet-stored-events', text: FROM_TABLE, values: [runId, from, limit] });
  return rows.flatMap((row) => linkedOf(runId, row));
}

function linkedOf(runId: string, row: Row): LinkedEvent[] {
  if (row.sequence === null) return [];
  const { sequence, type, data, time, prev_hash: prevHash, hash } = row;
  return [{ runId, sequence, type, data, time: time.toISOString(), prevHash, hash }];
}
