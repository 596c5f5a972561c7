import type { RecordFinding } from '@aet/contracts';
import type { ArchiveStore } from '@aet/messaging';
import type { Pool } from 'pg';
import { segmentRows } from '../archive/archive-index.js';

/**
 * The archive's index beside its objects. Segments whose runs were looked at were read for that; this finds those that are gone or that nobody knows.
 * Objects are listed before the index, in which a segment stands before its object.
 */
export async function checkArchive(pool: Pool, store: ArchiveStore): Promise<RecordFinding[]> {
  const before = await store.names();
  const rows = await segmentRows(pool);
  const now = new Set(await store.names());
  const known = new Set(rows.map(({ segment }) => segment));
  const gone = rows.filter(({ segment, state }) => state === 'stored' && !now.has(segment));
  const strange = before.filter((name) => !known.has(name) && now.has(name));
  return [
    ...gone.map(({ segment }): RecordFinding => ({
      what: 'segment',
      kind: 'lost',
      message: `the segment ${segment} is not in the object store`,
      segment,
    })),
    ...strange.map((segment): RecordFinding => ({
      what: 'segment',
      kind: 'added',
      message: `the object store has a segment ${segment} that the index does not know`,
      segment,
    })),
  ];
}
