import { Conflict, RunEventType, type StoredRunEvent } from '@aet/contracts';
import type { Pool, PoolClient } from 'pg';
import type { ArchivedEvents } from '../archive/archived-events.js';
import { databaseError } from '../database-error.js';
import { checkChain, type LinkedEvent } from '../hash-chain.js';
import { headAfter, NEW_RUN, type Head, storedEvent } from '../postgres/append-batch.js';
import { findListed, guardNew, type HeadRow, type ListRow, lockHeads, writeBatch } from '../postgres/append-statements.js';
import { batchOf, type Statement } from '../postgres/statement-part.js';
import { byteaArray, intArray, textArray } from '../postgres/binary-array.js';
import { keyHash } from '../postgres/column-text.js';
import { inTransaction } from '../postgres/in-transaction.js';
import { readLinked } from '../postgres/read-run.js';
import { concernsApprovals } from '../projection/approvals.js';
import { RunCopies } from './run-copies.js';

const INSERT = `
INSERT INTO aet.run_event (run_id, sequence, type, data, time, prev_hash, hash)
SELECT $1, sequence, type, data::json, time::timestamptz, prev_hash, hash
FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[]) AS t(sequence, type, data, time, prev_hash, hash)`;

export class PostgresRunCopies extends RunCopies {
  constructor(
    private readonly pool: Pool,
    private readonly archive?: ArchivedEvents,
  ) {
    super();
  }

  override async export(runId: string, after: number, limit: number): Promise<LinkedEvent[]> {
    try {
      return await readLinked(this.pool, runId, after, limit, this.archive);
    } catch (error) {
      throw databaseError(error, `reading run ${runId}`);
    }
  }

  override async import(runId: string, batches: () => AsyncIterable<readonly LinkedEvent[]>): Promise<'imported' | 'existing'> {
    try {
      return await inTransaction(this.pool, (client) => this.write(client, runId, batches()));
    } catch (error) {
      throw databaseError(error, `importing run ${runId}`);
    }
  }

  private async write(
    client: PoolClient,
    runId: string,
    batches: AsyncIterable<readonly LinkedEvent[]>,
  ): Promise<'imported' | 'existing'> {
    let head: Head = NEW_RUN;
    let known: HeadRow | undefined;
    let key: string | undefined;
    const approvals: StoredRunEvent[] = [];
    for await (const batch of batches) {
      const end = checkChain(runId, head, batch);
      const stored = batch.map(storedEvent);
      if (head.sequence === 0) {
        key = keyOf(stored);
        known = await this.guard(client, runId, key);
      }
      head = { ...headAfter(head, stored), ...end };
      approvals.push(...stored.filter(concernsApprovals));
      if (known === undefined) await client.query(INSERT, columns(runId, batch));
    }
    if (known !== undefined) return same(runId, known, head);
    const dispatch = { opened: [], closed: [], closedAll: false };
    // It has ended, so nothing is to be done for it; only its questions stay, as they are asked again when it is taken up again.
    const run = { runId, before: undefined, head, linked: [], stored: approvals, dispatch, keySha256: key && keyHash(key) };
    const decision = { outcomes: [], written: [run], relaxed: false };
    await client.query(writeBatch(batchOf(decision, new Date().toISOString(), 0)));
    return 'imported';
  }

  /** The run's head when it is there already. */
  private async guard(client: PoolClient, runId: string, idempotencyKey: string | undefined): Promise<HeadRow | undefined> {
    const requests = [{ runId, expected: 0, events: [], idempotencyKey }];
    const guard = guardNew(requests);
    if (guard !== undefined) await client.query(guard);
    const heads = await rows<HeadRow>(client, lockHeads(requests));
    const listed = await rows<ListRow>(client, findListed(requests));
    const holder = listed.find((row) => row.run_id !== runId);
    if (holder === undefined) return heads[0];
    throw new Conflict(
      `run ${runId} was submitted under an idempotency key that run ${holder.run_id} has here: it cannot be imported beside it`,
    );
  }
}

function same(runId: string, known: HeadRow, head: Head): 'existing' {
  if (known.sequence === head.sequence && known.hash === head.hash) return 'existing';
  throw new Conflict(
    `run ${runId} is here already and is not the same: it ends with event ${known.sequence} (${known.hash.slice(0, 12)}…), ` +
      `the imported one with event ${head.sequence} (${head.hash.slice(0, 12)}…). Nothing was changed`,
  );
}

const rows = async <T extends object>(client: PoolClient, statement: Statement): Promise<T[]> =>
  (await client.query<T>(statement)).rows;

const keyOf = (events: readonly StoredRunEvent[]): string | undefined => {
  const [first] = events;
  return first?.type === RunEventType.Submitted ? first.data.idempotencyKey : undefined;
};

const columns = (runId: string, events: readonly LinkedEvent[]): unknown[] => [
  runId,
  intArray(events.map(({ sequence }) => sequence)),
  textArray(events.map(({ type }) => type)),
  textArray(events.map(({ data }) => data)),
  textArray(events.map(({ time }) => time)),
  byteaArray(events.map(({ prevHash }) => prevHash)),
  byteaArray(events.map(({ hash }) => hash)),
];
