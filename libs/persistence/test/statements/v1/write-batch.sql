-- As version 1 wrote a batch: libs/persistence/src/postgres/append-statements.ts of commit d613e97. Never changed.
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
  AS t(run_id, sequence, type, data, prev_hash, hash)
