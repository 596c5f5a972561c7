import { type AttemptRef, Conflict, EffectInDoubt } from '@aet/contracts';
import type { ClientBase } from 'pg';
import { AT_PLACE, COLUMNS, type EffectRow, placeOf } from './effect-row.js';

/** `granted`: do the effect now, in this transaction; `keep` its result, if it has one. `done`: it was committed before. */
export type EffectInTransaction = { state: 'granted'; keep(result: unknown): Promise<void> } | { state: 'done'; result: unknown };

const INSERT_DONE = `INSERT INTO aet.effect (run_id, step, item, key, attempt, epoch, state, claimant, claimed_at, held_until, done_at)
  VALUES ($1, $2, $3, $4, $5, $6, 'done', 'transaction', clock_timestamp(), clock_timestamp(), clock_timestamp())
  ON CONFLICT DO NOTHING`;

const TAKE = `UPDATE aet.effect SET state = 'done', attempt = $5, epoch = $6, claimant = 'transaction', fence = fence + 1,
  done_at = clock_timestamp(), result = NULL WHERE ${AT_PLACE}`;

/**
 * Notes an effect as done within the transaction that does it: both are one commit, or neither is, so there is never a doubt.
 * Two executions wait for each other here; the second finds the first one's commit. The effect lies in the database of `client`: the
 * cell's own, or any other with the table of `sql/effect-ledger.sql`.
 * @param client inside a transaction, READ COMMITTED @throws {Conflict} the attempt was superseded @throws {EffectInDoubt}
 */
export async function claimInTransaction(
  client: ClientBase,
  ref: AttemptRef & { epoch: number },
  key: string,
): Promise<EffectInTransaction> {
  const place = placeOf({ ...ref, key });
  const inserted = await client.query(INSERT_DONE, [...place, ref.attempt, ref.epoch]);
  if (inserted.rowCount !== 1) {
    const { rows } = await client.query<EffectRow>(`SELECT ${COLUMNS} FROM aet.effect WHERE ${AT_PLACE} FOR UPDATE`, place);
    const row = rows[0];
    if (row?.state === 'done') return { state: 'done', result: row.result ?? null };
    if (row !== undefined) assertFree(row, ref);
    await client.query(TAKE, [...place, ref.attempt, ref.epoch]);
  }
  return {
    state: 'granted',
    keep: async (result) => {
      await client.query(`UPDATE aet.effect SET result = $5::json WHERE ${AT_PLACE}`, [...place, JSON.stringify(result ?? null)]);
    },
  };
}

function assertFree(row: EffectRow, { attempt, epoch }: { attempt: number; epoch: number }): void {
  if (row.epoch > epoch || (row.epoch === epoch && row.attempt > attempt))
    throw new Conflict(`attempt ${attempt} was superseded: attempt ${row.attempt} claimed the effect "${row.key}" since`);
  if (row.state === 'claimed')
    throw new EffectInDoubt(`the effect "${row.key}" was claimed outside of a transaction: use one way for one key`);
}
