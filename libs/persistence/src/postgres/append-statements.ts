import type { AppendRequest } from './append-batch.js';
import { columnText, keyHash } from './column-text.js';
import { countPart } from './count-part.js';
import { closedPart, endedPart, openedPart } from './dispatch-part.js';
import { DUTY_PARTS, hasDuties } from './duty-parts.js';
import { eventPart } from './event-part.js';
import { headPart } from './head-part.js';
import { listPart } from './list-part.js';
import { composed, type Statement, type StatementPart, type WrittenBatch } from './statement-part.js';

/**
 * Rows that do not exist yet cannot be locked: new runs and idempotency keys are guarded by advisory locks instead, in the order of
 * their numbers. Every writer takes these first and heads second, each sorted: no two can wait for each other.
 */
export function guardNew(requests: readonly AppendRequest[]): Statement | undefined {
  const names = requests.flatMap(({ runId, expected, idempotencyKey: key }) => [
    ...(expected === 0 ? [`run ${columnText(runId)}`] : []),
    ...(key === undefined ? [] : [`key ${keyHash(key)}`]),
  ]);
  if (names.length === 0) return undefined;
  return {
    name: 'aet-guard-new',
    text: `SELECT pg_advisory_xact_lock(n) FROM (
      SELECT DISTINCT hashtextextended('aet ' || name, 0) AS n FROM unnest($1::text[]) name ORDER BY n OFFSET 0) numbers`,
    values: [names],
  };
}

export interface HeadRow {
  run_id: string;
  sequence: number;
  hash: string;
  relaxed: boolean;
  epoch: number;
  owner: string;
}

export const lockHeads = (requests: readonly AppendRequest[]): Statement => ({
  name: 'aet-lock-heads',
  text: `SELECT run_id, sequence, encode(hash, 'hex') AS hash, relaxed, epoch, owner
    FROM aet.run_head WHERE run_id = ANY ($1::text[]) ORDER BY run_id FOR UPDATE`,
  values: [[...new Set(requests.map(({ runId }) => runId))]],
});

export interface ListRow {
  run_id: string;
  key: string | null;
  summary: string;
  /** `bigint`, and seconds with milliseconds as the driver's Date. */
  timeout_ms: string | null;
  expires_at: Date | null;
}

/** The list's rows of these runs, and of the runs that have their keys. A statement after the locks, so that it sees what the locks waited for. */
export const findListed = (requests: readonly AppendRequest[]): Statement => ({
  name: 'aet-find-listed',
  text: `SELECT run_id, encode(key_sha256, 'hex') AS key, summary::text AS summary, timeout_ms, expires_at FROM aet.run_list WHERE run_id = ANY ($1::text[])
    UNION ALL
    SELECT run_id, encode(key_sha256, 'hex'), summary::text, timeout_ms, expires_at FROM aet.run_list
    WHERE key_sha256 = ANY (ARRAY (SELECT decode(k, 'hex') FROM unnest($2::text[]) k)) AND run_id <> ALL ($1::text[])`,
  values: [
    [...new Set(requests.map(({ runId }) => runId))],
    requests.flatMap(({ idempotencyKey: key }) => (key === undefined ? [] : [keyHash(key)])),
  ],
});

/**
 * Every table that changes with an append, the log last. All of a batch is one statement, so one round trip, and when it stands alone one transaction.
 * A further projection adds its part here, its tables to the migrations, and its fold to `rebuild/projectors.ts`.
 */
const PARTS: readonly StatementPart[] = [headPart, listPart, countPart, closedPart, endedPart, openedPart];

const writePlain = composed('aet-write-batch', [...PARTS, eventPart]);
const writeWithDuties = composed('aet-write-batch-with-duties', [...PARTS, ...DUTY_PARTS, eventPart]);

export const writeBatch = (batch: WrittenBatch): Statement =>
  hasDuties(batch.written) ? writeWithDuties(batch) : writePlain(batch);
