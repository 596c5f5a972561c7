import type { PoolClient } from 'pg';
import type { LinkedEvent } from '../hash-chain.js';
import { byteaArray, intArray, textArray } from './binary-array.js';

const INSERT = `
INSERT INTO aet.run_event (run_id, sequence, type, data, time, prev_hash, hash)
SELECT run_id, sequence, type, data::json, time::timestamptz, prev_hash, hash
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[])
  AS t(run_id, sequence, type, data, time, prev_hash, hash)`;

/** Events as they were stored once, with their hashes. */
export async function insertEvents(client: PoolClient, events: readonly LinkedEvent[]): Promise<void> {
  await client.query(INSERT, [
    textArray(events.map(({ runId }) => runId)),
    intArray(events.map(({ sequence }) => sequence)),
    textArray(events.map(({ type }) => type)),
    textArray(events.map(({ data }) => data)),
    textArray(events.map(({ time }) => time)),
    byteaArray(events.map(({ prevHash }) => prevHash)),
    byteaArray(events.map(({ hash }) => hash)),
  ]);
}
