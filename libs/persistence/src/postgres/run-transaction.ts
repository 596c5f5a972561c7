import type { RunSummary } from '@aet/contracts';
import type { Pool, PoolClient } from 'pg';
import { isRolledBack } from '../database-error.js';
import { type AppendRequest, type BatchDecision, decideBatch, type Head } from './append-batch.js';
import { findListed, guardNew, type HeadRow, type ListRow, lockHeads, type Statement, writeBatch } from './append-statements.js';

const ATTEMPTS = 5;

/** Commits what of a batch can be committed: one transaction, five or six round trips for any number of runs. Throws what the driver throws. */
export async function commitBatch(pool: Pool, requests: readonly AppendRequest[], now: () => Date): Promise<BatchDecision> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptBatch(pool, requests, now().toISOString());
    } catch (error) {
      if (attempt === ATTEMPTS || !isRolledBack(error)) throw error;
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
  const summaries = new Map(listed.map((row) => [row.run_id, JSON.parse(row.summary) as RunSummary]));
  const decision = decideBatch(
    requests,
    new Map(heads.map((row) => [row.run_id, headOf(row, summaries.get(row.run_id))])),
    new Map(listed.flatMap((row) => (row.key === null ? [] : [[row.key, row.run_id] as const]))),
    time,
  );
  if (decision.written.length === 0) {
    await client.query('ROLLBACK');
    return decision;
  }
  await rows(client, writeBatch(decision.written, time));
  await client.query(decision.relaxed ? 'SET LOCAL synchronous_commit = off; COMMIT' : 'COMMIT');
  return decision;
}

async function rows<T extends object>(client: PoolClient, statement: Statement | undefined): Promise<T[]> {
  return statement === undefined ? [] : (await client.query<T>(statement)).rows;
}

const headOf = ({ sequence, hash, relaxed, epoch, owner }: HeadRow, summary: RunSummary | undefined): Head => ({
  sequence,
  hash,
  relaxed,
  epoch,
  owner,
  summary,
});
