import type { AttemptRef } from '@aet/contracts';
import type { DispatchRow } from '../projection/dispatch.js';
import type { AppendRequest, WrittenRun } from './append-batch.js';
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
}

/** The list's rows of these runs, and of the runs that have their keys. A statement after the locks, so that it sees what the locks waited for. */
export const findListed = (requests: readonly AppendRequest[]): Statement => ({
  name: 'aet-find-listed',
  text: `SELECT run_id, encode(key_sha256, 'hex') AS key, summary::text AS summary FROM aet.run_list WHERE run_id = ANY ($1::text[])
    UNION ALL
    SELECT run_id, encode(key_sha256, 'hex'), summary::text FROM aet.run_list
    WHERE key_sha256 = ANY (ARRAY (SELECT decode(k, 'hex') FROM unnest($2::text[]) k)) AND run_id <> ALL ($1::text[])`,
  values: [
    [...new Set(requests.map(({ runId }) => runId))],
    requests.flatMap(({ idempotencyKey: key }) => (key === undefined ? [] : [keyHash(key)])),
  ],
});

const WRITE = `
WITH heads AS (
  INSERT INTO aet.run_head (run_id, sequence, hash, epoch, owner, relaxed, updated_at)
  SELECT run_id, sequence, decode(hash, 'hex'), epoch, owner, relaxed, $1::timestamptz
  FROM unnest($2::text[], $3::int[], $4::text[], $5::int[], $6::text[], $7::boolean[]) AS t(run_id, sequence, hash, epoch, owner, relaxed)
  ON CONFLICT (run_id) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, epoch = excluded.epoch,
    owner = excluded.owner, relaxed = excluded.relaxed, updated_at = excluded.updated_at
), list AS (
  INSERT INTO aet.run_list (run_id, submitted_at, status, workflow, key_sha256, summary)
  SELECT run_id, submitted_at, status, workflow, decode(key, 'hex'), summary::json
  FROM unnest($8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[])
    AS t(run_id, submitted_at, status, workflow, key, summary)
  ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, summary = excluded.summary
), closed AS (
  DELETE FROM aet.run_dispatch d
  USING unnest($14::text[], $15::text[], $16::int[], $17::int[]) AS t(run_id, step, item, attempt)
  WHERE d.run_id = t.run_id AND d.step = t.step AND d.item = t.item AND d.attempt = t.attempt
), ended AS (
  DELETE FROM aet.run_dispatch WHERE run_id = ANY ($18::text[])
), opened AS (
  INSERT INTO aet.run_dispatch
    (run_id, step, item, attempt, event_sequence, capability, priority, not_before, scheduled_at, due_at, order_key, order_position)
  SELECT run_id, step, item, attempt, event_sequence, capability, priority, not_before, scheduled_at, greatest(not_before, scheduled_at),
    order_key, CASE WHEN order_key IS NOT NULL THEN nextval('aet.run_dispatch_order') END
  FROM unnest($19::text[], $20::text[], $21::int[], $22::int[], $23::int[], $24::text[], $25::text[], $26::bigint[], $27::bigint[],
    $34::text[])
    AS t(run_id, step, item, attempt, event_sequence, capability, priority, not_before, scheduled_at, order_key)
  ON CONFLICT (run_id, step, item, attempt) DO UPDATE SET event_sequence = excluded.event_sequence,
    capability = excluded.capability, priority = excluded.priority, not_before = excluded.not_before,
    scheduled_at = excluded.scheduled_at, due_at = excluded.due_at, redispatches = 0, stream_sequence = NULL, published_at = NULL
)
INSERT INTO aet.run_event (run_id, sequence, type, data, time, prev_hash, hash)
SELECT run_id, sequence, type, data::json, $1::timestamptz, decode(prev_hash, 'hex'), decode(hash, 'hex')
FROM unnest($28::text[], $29::int[], $30::text[], $31::text[], $32::text[], $33::text[])
  AS t(run_id, sequence, type, data, prev_hash, hash)`;

/** Log, heads and projections of a whole batch in one statement, so in one round trip. `item` is −1 outside a fan-out. */
export function writeBatch(written: readonly WrittenRun[], time: string): Statement {
  const listed = written.flatMap(({ head, keySha256 }) => (head.summary ? [{ summary: head.summary, keySha256 }] : []));
  const opened = written.flatMap(({ dispatch }) => dispatch.opened);
  const linked = written.flatMap((run) => run.linked);
  return {
    name: 'aet-write-batch',
    text: WRITE,
    values: [
      time,
      ...columns(written, [
        (run) => run.runId,
        ({ head }) => head.sequence,
        ({ head }) => head.hash,
        ({ head }) => head.epoch,
        ({ head }) => columnText(head.owner),
        ({ head }) => head.relaxed,
      ]),
      ...columns(listed, [
        ({ summary }) => summary.runId,
        ({ summary }) => summary.submittedAt,
        ({ summary }) => summary.status,
        ({ summary }) => columnText(summary.workflow),
        (row) => row.keySha256 ?? null,
        ({ summary }) => JSON.stringify(summary),
      ]),
      ...attempts(written.flatMap(({ dispatch }) => dispatch.closed)),
      written.filter(({ dispatch }) => dispatch.closedAll).map(({ runId }) => runId),
      ...attempts(opened),
      ...columns<DispatchRow>(opened, [
        (row) => row.eventSequence,
        (row) => columnText(row.capability),
        (row) => row.priority,
        (row) => row.notBefore,
        (row) => row.scheduledAt,
      ]),
      ...columns(linked, [
        (event) => event.runId,
        (event) => event.sequence,
        (event) => event.type,
        (event) => event.data,
        (event) => event.prevHash,
        (event) => event.hash,
      ]),
      opened.map(({ orderKey }) => (orderKey === undefined ? null : columnText(orderKey))),
    ],
  };
}

/** The four columns that name an attempt. */
export const attempts = (refs: readonly AttemptRef[]): unknown[][] =>
  columns(refs, [(ref) => ref.runId, (ref) => columnText(ref.step), (ref) => ref.item ?? -1, (ref) => ref.attempt]);

/** Rows turned into one array for each column, as `unnest` takes them. */
const columns = <T>(rows: readonly T[], pick: readonly ((row: T) => unknown)[]): unknown[][] =>
  pick.map((column) => rows.map(column));
