/** SQL of the batch book. `$1` is the provider where nothing else is said. */

/** The attempt of a request is scheduled and not finished, and its run goes on. */
export const OPEN = (request: string): string => `EXISTS (SELECT FROM aet.run_dispatch d
  WHERE (d.run_id, d.step, d.item, d.attempt) = (${request}.run_id, ${request}.step, ${request}.item, ${request}.attempt))`;

export const ADD = `INSERT INTO aet.batch_request
    (id, provider, run_id, step, item, attempt, epoch, agent, request, bytes, deadline, single_at, added_at, state)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::json, $10, $11, $12, clock_timestamp(), 'waiting') ON CONFLICT DO NOTHING`;

/** Those whose attempt is over: of what lies with the provider only the note stays, for its result to be dropped. */
export const FORGET_CLOSED = `DELETE FROM aet.batch_request r WHERE r.provider = $1 AND r.state <> 'batched' AND NOT ${OPEN('r')}`;

/** There is no time left to wait for a batch. */
export const GIVE_UP_LATE = `UPDATE aet.batch_request SET state = 'single', message = 'the deadline is near'
  WHERE provider = $1 AND state IN ('waiting', 'batched') AND single_at <= clock_timestamp()`;

export const PILE = `SELECT count(*)::float8 AS requests, coalesce(sum(bytes), 0)::float8 AS bytes,
    coalesce(extract(epoch FROM min(deadline)) * 1000, 0)::float8 AS "earliestDeadline",
    coalesce(extract(epoch FROM max(added_at)) * 1000, 0)::float8 AS "lastAdded",
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
  FROM aet.batch_request WHERE provider = $1 AND state = 'waiting'`;

/** The most urgent ones, as many as fit: `$2` batch, `$3` requests, `$4` bytes. One that is larger than all fits alone. */
export const FORM = `WITH chosen AS (
    SELECT id FROM (
      SELECT id, row_number() OVER w AS place, sum(bytes) OVER w AS upto FROM aet.batch_request
      WHERE provider = $1 AND state = 'waiting' WINDOW w AS (ORDER BY deadline, id)) ordered
    WHERE place = 1 OR (place <= $3 AND upto <= $4)
  ), taken AS (
    UPDATE aet.batch_request r SET state = 'batched', batch_id = $2 FROM chosen WHERE r.id = chosen.id RETURNING r.bytes
  )
  INSERT INTO aet.batch (id, provider, state, requests, bytes, due_at, created_at)
  SELECT $2, $1, 'formed', count(*), coalesce(sum(bytes), 0), clock_timestamp(), clock_timestamp() FROM taken`;

/** `$2` lease, `$3` its length in milliseconds. */
export const TAKE_DUE = `UPDATE aet.batch b SET lease = $2, leased_until = clock_timestamp() + $3 * interval '1 millisecond'
  FROM (SELECT id FROM aet.batch WHERE provider = $1 AND state <> 'ended' AND due_at <= clock_timestamp()
      AND (leased_until IS NULL OR leased_until <= clock_timestamp()) ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) due
  WHERE b.id = due.id
  RETURNING b.id, b.state, b.provider_batch, b.not_ours, b.requests, b.submitting_at,
    (SELECT count(*) FROM aet.batch_request r WHERE r.batch_id = b.id AND r.state = 'batched' AND ${OPEN('r')})::int AS wanted`;

/** `$1` batch, `$2` lease, `$3` its length. The lease counts though its time is over, until another has taken it. */
export const RENEW = `UPDATE aet.batch SET leased_until = clock_timestamp() + $3 * interval '1 millisecond'
  WHERE id = $1 AND lease = $2 AND state <> 'ended' RETURNING id`;

export const SETTLE = `UPDATE aet.batch_request r SET state = t.outcome, message = t.message, request = NULL
  FROM unnest($2::text[], $3::text[], $4::text[]) AS t(id, outcome, message)
  WHERE r.batch_id = $1 AND r.id = t.id AND r.state = 'batched'`;

/** Tasks that are to be done by themselves are sent by the next sweep: it takes them for long unheard of. `$1` is a batch; null: all. */
export const RESEND = `UPDATE aet.run_dispatch d SET published_at = 0 FROM aet.batch_request r
  WHERE r.state = 'single' AND ($1::text IS NULL OR r.batch_id = $1) AND d.published_at > 0
    AND (d.run_id, d.step, d.item, d.attempt) = (r.run_id, r.step, r.item, r.attempt) AND d.redispatches = 0`;

export const LIST = `SELECT b.id, b.provider, b.state, b.provider_batch, b.requests, b.bytes, b.created_at, b.submitted_at, b.ended_at, b.message,
    count(r.id) FILTER (WHERE r.state = 'done')::int AS done, count(r.id) FILTER (WHERE r.state = 'single')::int AS single
  FROM aet.batch b LEFT JOIN aet.batch_request r ON r.batch_id = b.id
  GROUP BY b.id ORDER BY b.created_at DESC, b.id LIMIT $1`;
