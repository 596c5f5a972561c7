import 'reflect-metadata';
import type { ArchiveStore } from '@aet/messaging';
import { ArchivedEvents, createPool, Rebuilder, Verifier } from '@aet/persistence';

/** What a job on the whole record took. */
export interface RecordJob {
  events: number;
  seconds: number;
  /** Of this process, at its largest. Bytes. */
  peakBytes: number;
  /** Before it began. Bytes. */
  startBytes: number;
  findings: number;
}

const [, , job = '', database = ''] = process.argv;
const pool = createPool(JSON.parse(database) as Parameters<typeof createPool>[0]);
// All is in the table: nothing is asked of the archive.
const store = { get: async () => undefined, names: async () => [] } as unknown as ArchiveStore;
const archive = new ArchivedEvents(store);
const startBytes = process.memoryUsage.rss();
const done =
  job === 'rebuild'
    ? { ...(await new Rebuilder(pool, archive).rebuild()), findings: 0 }
    : await new Verifier({ pool, archive, store }).verify();
await pool.end();
const { events, seconds, findings } = done;
// Kibibytes. Source: getrusage(2)
process.send?.({ events, seconds, findings, startBytes, peakBytes: process.resourceUsage().maxRSS * 1_024 } satisfies RecordJob);
process.disconnect();
