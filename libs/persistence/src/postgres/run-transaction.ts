import type { RunSummary } from '@aet/contracts';
import type { Pool, PoolClient } from 'pg';
import { isRolledBack, isTaken } from '../database-error.js';
import type { Expiry } from '../projection/expiry.js';
import { type AppendRequest, type BatchDecision, decideBatch, type Head } from './append-batch.js';
import type { KnownHeads } from './known-heads.js';
import { findListed, guardNew, type HeadRow, type ListRow, lockHeads, writeBatch } from './append-statements.js';
import { COUNT_SHARDS } from './count-part.js';
import { batchOf, type Statement } from './statement-part.js';

const ATTEMPTS = 5;

const anyShard = (): number => Math.floor(Math.random() * COUNT_SHARDS);

/** Commits what of a batch can be committed, for any number of runs. Throws what the driver throws. */
export async function commitBatch(
  pool: Pool,
  requests: readonly AppendRequest[],
  now: () => Date,
  known: KnownHeads,
): Promise<BatchDecision> {
  const decision = (await attemptKnown(pool, requests, now().toISOString(), known)) ?? (await commitRead(pool, requests, now));
  known.learn(decision.written);
  return decision;
}

/**
 * One round trip, when this process wrote all of these runs last: it knows where they stand, and the log's keys tell when that is no longer so.
 * Undefined: nothing was written, look first.
 */
async function attemptKnown(
  pool: Pool,
  requests: readonly AppendRequest[],
  time: string,
  known: KnownHeads,
): Promise<BatchDecision | undefined> {
  const decision = decideBatch(requests, known.of(requests), new Map(), time);
  if (decision.outcomes.some((outcome) => !('kind' in outcome) || outcome.kind !== 'appended')) return undefined;
  try {
    await pool.query(writeBatch(batchOf(decision, time, anyShard())));
    return decision;
  } catch (error) {
    known.forget(requests);
    if (!isRolledBack(error) && !isTaken(error)) throw error;
    return undefined;
  }
}

/** One transaction of five or six round trips: reads where the runs stand, under locks. */
async function commitRead(pool: Pool, requests: readonly AppendRequest[], now: () => Date): Promise<BatchDecision> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptBatch(pool, requests, now().toISOString());
    } catch (error) {
      // A place or key that was free a moment ago was taken by a writer that did not look first: now it is seen.
      if (attempt === ATTEMPTS || !(isRolledBack(error) || isTaken(error))) throw error;
    }
  }
}

async function attemptBatch(pool: Pool, requests: readonly AppendRequest[], time: string): Promise<BatchDecision> {
  const client = await pool.connect();
  // a connection that breaks between two statements must not end the process; the next statement reports it
  const ignore = () => undefined;
  client.on('error', ignore);
  let failed: Error | undefined;
  try {
    return await transaction(client, requests, time);
  } catch (error) {
    failed = error as Error;
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(failed); // after an error the connection is not trusted: ending it also rolls back
  }
}

async function transaction(client: PoolClient, requests: readonly AppendRequest[], time: string): Promise<BatchDecision> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  await rows(client, guardNew(requests));
  const heads = await rows<HeadRow>(client, lockHeads(requests));
  const listed = await rows<ListRow>(client, findListed(requests));
  const rowsByRun = new Map(listed.map((row) => [row.run_id, row]));
  const decision = decideBatch(
    requests,
    new Map(heads.map((row) => [row.run_id, headOf(row, rowsByRun.get(row.run_id))])),
    new Map(listed.flatMap((row) => (row.key === null ? [] : [[row.key, row.run_id] as const]))),
    time,
  );
  if (decision.written.length === 0) {
    await client.query('ROLLBACK');
    return decision;
  }
  await rows(client, writeBatch(batchOf(decision, time, anyShard())));
  await client.query('COMMIT');
  return decision;
}

async function rows<T extends object>(client: PoolClient, statement: Statement | undefined): Promise<T[]> {
  return statement === undefined ? [] : (await client.query<T>(statement)).rows;
}

/** Where a run stands, as its rows say. */
export const headOf = ({ sequence, hash, relaxed, epoch, owner }: HeadRow, listed: ListRow | undefined): Head => ({
  sequence,
  hash,
  relaxed,
  epoch,
  owner,
  summary: listed === undefined ? undefined : (JSON.parse(listed.summary) as RunSummary),
  expiry: expiryOf(listed),
});

function expiryOf(listed: ListRow | undefined): Expiry | undefined {
  if (listed === undefined || listed.timeout_ms === null) return undefined;
  const { timeout_ms: timeoutMs, expires_at: at } = listed;
  return { timeoutMs: Number(timeoutMs), ...(at === null ? {} : { at: at.getTime() }) };
}
