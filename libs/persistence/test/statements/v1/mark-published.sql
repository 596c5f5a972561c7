-- As version 1 noted what it had published: postgres-dispatch-table.ts of commit d613e97. Never changed.
WITH given AS (
  SELECT * FROM unnest($2::text[], $3::text[], $4::int[], $5::int[], $6::bigint[], $7::int[])
    AS t(run_id, step, item, attempt, stream_sequence, redispatches)
), free AS (
  SELECT d.run_id, d.step, d.item, d.attempt, g.stream_sequence, g.redispatches
  FROM (SELECT set_config('synchronous_commit', 'off', true)) lane,
    aet.run_dispatch d JOIN given g USING (run_id, step, item, attempt) FOR UPDATE OF d SKIP LOCKED
)
UPDATE aet.run_dispatch d
SET stream_sequence = free.stream_sequence, redispatches = free.redispatches, published_at = $1::bigint
FROM free WHERE (d.run_id, d.step, d.item, d.attempt) = (free.run_id, free.step, free.item, free.attempt)
  AND free.redispatches >= d.redispatches
