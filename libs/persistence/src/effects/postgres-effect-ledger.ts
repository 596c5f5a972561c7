import { Conflict, type EffectClaim, type EffectState, type EffectView, type ListEffects, NotFound } from '@aet/contracts';
import type { Pool, PoolClient } from 'pg';
import { databaseError } from '../database-error.js';
import { columnText } from '../postgres/column-text.js';
import { inTransaction } from '../postgres/in-transaction.js';
import { type EffectEnd, type EffectHold, EffectLedger, type EffectVerdict, type EffectWish } from './effect-ledger.js';
import { type ClaimDecision, decideClaim, decideEnd } from './effect-policy.js';
import { AT_PLACE, COLUMNS, type EffectRow, entryOf, placeOf, viewOf } from './effect-row.js';

const PAGE = 50;
/** The claimant of a claim that another cell may have granted. */
const ELSEWHERE = 'another cell';

const INSERT = `INSERT INTO aet.effect (run_id, step, item, key, attempt, epoch, state, claimant, by, claimed_at, held_until)
  VALUES ($1, $2, $3, $4, $5, $6, 'claimed', $7, $8::json, clock_timestamp(), clock_timestamp() + $9 * interval '1 millisecond')
  ON CONFLICT DO NOTHING`;

const GRANT = `UPDATE aet.effect SET attempt = $5, epoch = $6, state = 'claimed', claimant = $7, by = $8::json, fence = $10, result = NULL,
    claimed_at = CASE WHEN claimant = $7 THEN claimed_at ELSE clock_timestamp() END,
    held_until = clock_timestamp() + $9 * interval '1 millisecond'
  WHERE ${AT_PLACE}`;

const END = `UPDATE aet.effect SET state = $5, result = $6::json, attempt = $7, epoch = $8, claimant = $9,
    done_at = CASE WHEN $5 = 'done' THEN clock_timestamp() END
  WHERE ${AT_PLACE}`;

const RESOLVE = `UPDATE aet.effect SET state = $5, result = $6::json, resolved_by = $7,
    done_at = CASE WHEN $5 = 'done' THEN clock_timestamp() END
  WHERE ${AT_PLACE}`;

/** The ledger in the cell's database. Who holds a claim for how long is measured by the database's clock alone. */
export class PostgresEffectLedger extends EffectLedger {
  constructor(
    private readonly pool: Pool,
    /** How long a claim is held without being renewed. */
    private readonly holdMs: number,
  ) {
    super();
  }

  override claim(wish: EffectWish): Promise<EffectClaim> {
    return this.under(`claiming the effect "${wish.key}" of run ${wish.runId}`, async (client) => {
      const first = await client.query(INSERT, wish.doubtful === true ? doubtful(wish) : [...claimValues(wish), this.holdMs]);
      const granted = { state: 'granted', fence: 1, holdMs: this.holdMs } as const;
      if (first.rowCount === 1 && wish.doubtful !== true) return granted;
      const decision = decideClaim(entryOf(await locked(client, wish)), wish);
      if (decision.kind !== 'grant' && decision.kind !== 'renew') return answer(decision);
      await client.query(GRANT, [...claimValues(wish), this.holdMs, decision.fence]);
      return { ...granted, fence: decision.fence };
    });
  }

  override end(end: EffectEnd): Promise<EffectState> {
    const { attempt, epoch, claimant, outcome } = end;
    return this.under(`ending the effect "${end.key}" of run ${end.runId}`, async (client) => {
      if (decideEnd(entryOf(await locked(client, end)), end)) {
        await client.query(END, [...placeOf(end), outcome.state, resultOf(outcome), attempt, epoch, claimant]);
      }
      return outcome.state;
    });
  }

  override async list({ runId, state, limit = PAGE }: ListEffects): Promise<EffectView[]> {
    const values: unknown[] = [];
    const bind = (value: unknown): string => `$${values.push(value)}`;
    const where = [
      ...(runId === undefined ? [] : [`run_id = ${bind(columnText(runId))}`]),
      ...(state === undefined ? [] : [`state = ${bind(state === 'in-doubt' ? 'claimed' : state)}`]),
      ...(state === 'in-doubt' ? ['held_until <= clock_timestamp()'] : []),
    ];
    const sql = `SELECT ${COLUMNS} FROM aet.effect ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
      ORDER BY claimed_at DESC, run_id, step, item, key LIMIT ${bind(limit)}`;
    try {
      return (await this.pool.query<EffectRow>(sql, values)).rows.map(viewOf);
    } catch (error) {
      throw databaseError(error, 'reading the ledger of effects');
    }
  }

  override resolve(verdict: EffectVerdict): Promise<EffectView> {
    return this.under(`resolving the effect "${verdict.key}" of run ${verdict.runId}`, async (client) => {
      const row = theOne(await candidates(client, verdict), verdict);
      const { outcome, by } = verdict;
      if (row.state === outcome.state) return viewOf(row);
      assertInDoubt(row);
      const place = [row.run_id, row.step, row.item, row.key];
      await client.query(RESOLVE, [...place, outcome.state, resultOf(outcome), by]);
      const after = await client.query<EffectRow>(`SELECT ${COLUMNS} FROM aet.effect WHERE ${AT_PLACE}`, place);
      return viewOf(after.rows[0] ?? row);
    });
  }

  private async under<T>(doing: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(this.pool, work);
    } catch (error) {
      throw databaseError(error, doing);
    }
  }
}

const claimValues = (wish: EffectWish): unknown[] => [
  ...placeOf(wish),
  wish.attempt,
  wish.epoch,
  wish.claimant,
  JSON.stringify(wish.by),
];

/** A claim that nobody holds, older than any of this cell. */
const doubtful = (wish: EffectWish): unknown[] => [...placeOf(wish), 0, 0, ELSEWHERE, null, 0];

const resultOf = (outcome: EffectEnd['outcome']): string | null =>
  outcome.state === 'done' ? JSON.stringify(outcome.result ?? null) : null;

async function locked(client: PoolClient, hold: EffectHold): Promise<EffectRow> {
  const { rows } = await client.query<EffectRow>(`SELECT ${COLUMNS} FROM aet.effect WHERE ${AT_PLACE} FOR UPDATE`, placeOf(hold));
  if (rows[0] !== undefined) return rows[0];
  throw new Conflict(`the effect "${hold.key}" of run ${hold.runId} was never claimed: claim it before it is done`);
}

async function candidates(client: PoolClient, { runId, key, step, item }: EffectVerdict): Promise<EffectRow[]> {
  const sql = `SELECT ${COLUMNS} FROM aet.effect WHERE run_id = $1 AND key = $2 AND ($3::text IS NULL OR step = $3)
    AND ($4::int IS NULL OR item = $4) FOR UPDATE`;
  return (await client.query<EffectRow>(sql, [columnText(runId), columnText(key), step ?? null, item ?? null])).rows;
}

function theOne(rows: readonly EffectRow[], { runId, key }: EffectVerdict): EffectRow {
  const [row, ...others] = rows;
  if (row === undefined) throw new NotFound(`run ${runId} has no effect "${key}": look at \`aet effects ls --run ${runId}\``);
  if (others.length === 0) return row;
  const places = rows.map(({ step, item }) => `${step}${item < 0 ? '' : `#${item}`}`).join(', ');
  throw new Conflict(
    `${rows.length} effects of the run have the key "${key}" (${places}): name the step, and the item of a fan-out`,
  );
}

/** What was done stays done; who is at it now will say so itself. */
function assertInDoubt(row: EffectRow): void {
  if (row.state === 'done') throw new Conflict(`the effect "${row.key}" is done: it cannot be undone by a word`);
  if (row.state === 'claimed' && row.held_ms > 0) {
    throw new Conflict(`attempt ${row.attempt} is at the effect "${row.key}" at this moment: wait until it has ended`);
  }
}

function answer(decision: Exclude<ClaimDecision, { kind: 'grant' | 'renew' }>): EffectClaim {
  switch (decision.kind) {
    case 'done':
      return { state: 'done', result: decision.result };
    case 'held':
      return { state: 'held', retryAfterMs: decision.retryAfterMs, ...(decision.by === undefined ? {} : { by: decision.by }) };
    case 'in-doubt': {
      const { claimant, attempt, claimedAt, by } = decision.entry;
      return { state: 'in-doubt', claimant, attempt, claimedAt, ...(by === undefined ? {} : { by }) };
    }
  }
}
