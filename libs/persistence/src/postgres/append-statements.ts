import type { AttemptRef } from '@aet/contracts';
import type { AppendRequest, WrittenRun } from './append-batch.js';
import { boolArray, byteaArray, intArray, textArray } from './binary-array.js';
import { columnText, keyHash } from './column-text.js';

/** A statement that each connection prepares once, under its name. */
export interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

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

const WRITE = `
WITH heads AS (
  INSERT INTO aet.run_head (run_id, sequence, hash, epoch, owner, relaxed, updated_at)
  SELECT run_id, sequence, hash, epoch, owner, relaxed, $1::timestamptz
  FROM unnest($2::text[], $3::int[], $4::bytea[], $5::int[], $6::text[], $7::boolean[]) AS t(run_id, sequence, hash, epoch, owner, relaxed)
  ON CONFLICT (run_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, epoch = excluded.epoch,
    owner = excluded.owner, relaxed = excluded.relaxed, updated_at = excluded.updated_at
), list AS (
  INSERT INTO aet.run_list (run_id, submitted_at, status, workflow, key_sha256, summary, timeout_ms, expires_at)
  SELECT run_id, submitted_at::timestamptz, status, workflow, key, summary::json, timeout_ms::bigint, expires_at::timestamptz
  FROM unnest($8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[], $13::text[], $36::text[], $37::text[])
    AS t(run_id, submitted_at, status, workflow, key, summary, timeout_ms, expires_at)
  ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, summary = excluded.summary, expires_at = excluded.expires_at
), closed AS (
  DELETE FROM aet.run_dispatch d
  USING unnest($14::text[], $15::text[], $16::int[], $17::int[]) AS t(run_id, step, item, attempt)
  WHERE d.run_id = t.run_id AND d.step = t.step AND d.item = t.item AND d.attempt = t.attempt
), ended AS (
  DELETE FROM aet.run_dispatch WHERE run_id = ANY ($18::text[])
), opened AS (
  INSERT INTO aet.run_dispatch
    (run_id, step, item, attempt, event_sequence, capability, priority, not_before, scheduled_at, due_at, order_key, order_position)
  SELECT run_id, step, item, attempt, event_sequence, capability, priority, not_before::bigint, scheduled_at::bigint,
    greatest(not_before::bigint, scheduled_at::bigint), order_key,
    CASE WHEN order_key IS NOT NULL THEN nextval('aet.run_dispatch_order') END
  FROM unnest($19::text[], $20::text[], $21::int[], $22::int[], $23::int[], $24::text[], $25::text[], $26::text[], $27::text[],
    $34::text[])
    AS t(run_id, step, item, attempt, event_sequence, capability, priority, not_before, scheduled_at, order_key)
  ON CONFLICT (run_id, step, item, attempt) DO UPDATE SET event_sequence = excluded.event_sequence,
    capability = excluded.capability, priority = excluded.priority, not_before = excluded.not_before,
    scheduled_at = excluded.scheduled_at, due_at = excluded.due_at, redispatches = 0, stream_sequence = NULL, published_at = NULL
)
INSERT INTO aet.run_event (run_id, sequence, type, data, time, prev_hash, hash)
SELECT run_id, sequence, type, data::json, $1::timestamptz, prev_hash, hash
FROM (SELECT CASE WHEN $35::boolean THEN set_config('synchronous_commit', 'off', true) END) lane,
  unnest($28::text[], $29::int[], $30::text[], $31::text[], $32::bytea[], $33::bytea[])
  AS t(run_id, sequence, type, data, prev_hash, hash)`;

/**
 * Log, heads and projections of a whole batch in one statement, so in one round trip, and when it stands alone in one transaction.
 * The log's primary key decides: a place that is taken refuses the whole statement. `item` is −1 outside a fan-out. In the order of
 * the runs, so that two writers of the same runs wait for each other in one direction only.
 * @param relaxed the commit does not wait for the disk
 */
export function writeBatch(unsorted: readonly WrittenRun[], time: string, relaxed: boolean): Statement {
  const written = unsorted.toSorted((a, b) => (a.runId < b.runId ? -1 : 1));
  const listed = written.flatMap(({ head: { summary, expiry }, keySha256 }) => (summary ? [{ summary, expiry, keySha256 }] : []));
  const opened = written.flatMap(({ dispatch }) => dispatch.opened);
  const linked = written.flatMap((run) => run.linked);
  return {
    name: 'aet-write-batch',
    text: WRITE,
    values: [
      time,
      textArray(written.map((run) => run.runId)),
      intArray(written.map(({ head }) => head.sequence)),
      byteaArray(written.map(({ head }) => head.hash)),
      intArray(written.map(({ head }) => head.epoch)),
      textArray(written.map(({ head }) => columnText(head.owner))),
      boolArray(written.map(({ head }) => head.relaxed)),
      textArray(listed.map(({ summary }) => summary.runId)),
      textArray(listed.map(({ summary }) => summary.submittedAt)),
      textArray(listed.map(({ summary }) => summary.status)),
      textArray(listed.map(({ summary }) => columnText(summary.workflow))),
      byteaArray(listed.map((row) => row.keySha256 ?? null)),
      textArray(listed.map(({ summary }) => JSON.stringify(summary))),
      ...attempts(written.flatMap(({ dispatch }) => dispatch.closed)),
      textArray(written.filter(({ dispatch }) => dispatch.closedAll).map(({ runId }) => runId)),
      ...attempts(opened),
      intArray(opened.map((row) => row.eventSequence)),
      textArray(opened.map((row) => columnText(row.capability))),
      textArray(opened.map((row) => row.priority)),
      textArray(opened.map((row) => String(row.notBefore))),
      textArray(opened.map((row) => String(row.scheduledAt))),
      textArray(linked.map((event) => event.runId)),
      intArray(linked.map((event) => event.sequence)),
      textArray(linked.map((event) => event.type)),
      textArray(linked.map((event) => event.data)),
      byteaArray(linked.map((event) => event.prevHash)),
      byteaArray(linked.map((event) => event.hash)),
      textArray(opened.map(({ orderKey }) => (orderKey === undefined ? null : columnText(orderKey)))),
      relaxed,
      textArray(listed.map(({ expiry }) => (expiry === undefined ? null : String(expiry.timeoutMs)))),
      textArray(listed.map(({ expiry }) => (expiry?.at === undefined ? null : new Date(expiry.at).toISOString()))),
    ],
  };
}

/** The four columns that name an attempt. */
export const attempts = (refs: readonly AttemptRef[]): Buffer[] => [
  textArray(refs.map((ref) => ref.runId)),
  textArray(refs.map((ref) => columnText(ref.step))),
  intArray(refs.map((ref) => ref.item ?? -1)),
  intArray(refs.map((ref) => ref.attempt)),
];
