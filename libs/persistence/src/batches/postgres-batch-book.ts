import {
  type AddToBatch,
  type BatchAdded,
  type BatchHeard,
  type BatchList,
  type BatchRequestPage,
  type BatchWork,
  Conflict,
  type ReadBatchRequests,
  type SettleBatch,
  type TellBatch,
} from '@aet/contracts';
import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { databaseError, isTaken } from '../database-error.js';
import { columnText } from '../postgres/column-text.js';
import { inTransaction } from '../postgres/in-transaction.js';
import { BatchBook } from './batch-book.js';
import { type BatchPolicy, reasonToLeave, type WaitingPile } from './batch-policy.js';
import { type BatchRow, type DueRow, pageOf, type RequestRow, viewOf, workOf } from './batch-row.js';
import * as sql from './batch-statements.js';
import { changeOf } from './batch-news.js';

/** A host that died is replaced after so long; every word of a living one renews it. Milliseconds. */
const LEASE_MS = 60_000;
/** Rows of one page, at most; the bytes of a page must fit into a message. */
const PAGE = 500;

export class PostgresBatchBook extends BatchBook {
  constructor(private readonly pool: Pool) {
    super();
  }

  override async add(request: AddToBatch, { leadMs, singleLeadMs }: BatchPolicy): Promise<BatchAdded> {
    const deadline = Date.parse(request.deadline);
    const text = JSON.stringify(request.request);
    const place = [columnText(request.runId), columnText(request.step), request.item ?? -1, request.attempt];
    const singleAt = new Date(deadline - singleLeadMs);
    return this.under('adding a request to a batch', async (client) => {
      const known = 'SELECT state, message FROM aet.batch_request WHERE (run_id, step, item, attempt) = ($1, $2, $3, $4)';
      const before = (await client.query<{ state: string; message: string | null }>(known, place)).rows[0];
      if (before?.state === 'single') return { state: 'single', message: before.message ?? 'the batch gave no result' };
      if (before !== undefined) return { state: 'deferred' };
      if (deadline - Date.now() < leadMs) return { state: 'single', message: 'the deadline is too near for a batch' };
      const about = [request.epoch, request.agent, text, Buffer.byteLength(text), new Date(deadline), singleAt];
      await client.query(sql.ADD, [randomUUID(), request.provider, ...place, ...about]);
      return { state: 'deferred' };
    });
  }

  override lease(provider: string, policy: BatchPolicy): Promise<BatchWork | undefined> {
    return this.under('looking for a batch that is due', async (client) => {
      // One at a time: two that form batches of the same requests would wait for each other.
      await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`aet batches of ${provider}`]);
      await client.query(sql.FORGET_CLOSED, [provider]);
      const late = await client.query(sql.GIVE_UP_LATE, [provider]);
      if (late.rowCount !== 0) await client.query(sql.RESEND, [null]);
      return (
        (await takeDue(client, provider)) ?? ((await form(client, provider, policy)) ? takeDue(client, provider) : undefined)
      );
    });
  }

  override async requests({ batch, lease, after = '', bare = false }: ReadBatchRequests): Promise<BatchRequestPage> {
    return this.under('reading the requests of a batch', async (client) => {
      if (!(await renewed(client, batch, lease))) throw new Conflict(`the batch ${batch} is another host's by now`);
      const columns = `id, run_id, step, item, attempt, epoch, agent, added_at, bytes${bare ? '' : ', request'}`;
      // What is handed in is still to be done; results may come for any of them.
      const where = bare ? '' : `AND state = 'batched' AND ${sql.OPEN('r')}`;
      const { rows } = await client.query<RequestRow>(
        `SELECT ${columns} FROM aet.batch_request r WHERE batch_id = $1 AND id > $2 ${where} ORDER BY id LIMIT ${PAGE}`,
        [batch, after],
      );
      return pageOf(rows, PAGE);
    });
  }

  override tell(told: TellBatch): Promise<BatchHeard> {
    const { batch, lease, news } = told;
    return this.under('noting what became of a batch', async (client) => {
      if (!(await renewed(client, batch, lease))) return { held: false };
      const { set, values } = changeOf(told);
      await client.query(`UPDATE aet.batch SET ${set} WHERE id = $1`, [batch, ...values]);
      if (news === 'ended' || news === 'refused') {
        const why = told.message ?? 'the batch gave no result';
        await client.query(
          `UPDATE aet.batch_request SET state = 'single', message = $2, request = NULL WHERE batch_id = $1 AND state = 'batched'`,
          [batch, why],
        );
        await client.query(sql.RESEND, [batch]);
      }
      return { held: true };
    });
  }

  override settle({ batch, lease, requests }: SettleBatch): Promise<BatchHeard> {
    return this.under('noting the results of a batch', async (client) => {
      if (!(await renewed(client, batch, lease))) return { held: false };
      const columns = [
        requests.map(({ id }) => id),
        requests.map(({ outcome }) => outcome),
        requests.map((one) => one.message ?? null),
      ];
      await client.query(sql.SETTLE, [batch, ...columns]);
      if (requests.some(({ outcome }) => outcome === 'single')) await client.query(sql.RESEND, [batch]);
      return { held: true };
    });
  }

  override async list(limit: number): Promise<BatchList> {
    return this.under('reading the batches', async (client) => {
      const { rows } = await client.query<BatchRow>(sql.LIST, [limit]);
      const waiting = await client.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM aet.batch_request WHERE state = 'waiting'`,
      );
      return { waiting: waiting.rows[0]?.n ?? 0, batches: rows.map(viewOf) };
    });
  }

  private async under<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.pool, work);
    } catch (error) {
      if (isTaken(error)) throw new Conflict(`${doing}: it belongs to another batch`, { cause: error });
      throw databaseError(error, doing);
    }
  }
}

async function takeDue(client: PoolClient, provider: string): Promise<BatchWork | undefined> {
  const lease = randomUUID();
  const { rows } = await client.query<DueRow>(sql.TAKE_DUE, [provider, lease, LEASE_MS]);
  return rows[0] === undefined ? undefined : workOf(rows[0], lease);
}

async function form(client: PoolClient, provider: string, policy: BatchPolicy): Promise<boolean> {
  const { rows } = await client.query<WaitingPile & { now: number }>(sql.PILE, [provider]);
  const [pile] = rows;
  if (pile === undefined || reasonToLeave(pile, policy, pile.now) === undefined) return false;
  await client.query(sql.FORM, [provider, randomUUID(), policy.maxRequests, policy.maxBytes]);
  return true;
}

const renewed = async (client: PoolClient, batch: string, lease: string): Promise<boolean> =>
  (await client.query(sql.RENEW, [batch, lease, LEASE_MS])).rowCount === 1;
