import type { AttemptRef, EffectState, EffectView, Performer } from '@aet/contracts';
import { columnText } from '../postgres/column-text.js';
import type { EffectEntry } from './effect-policy.js';

/** A row of `aet.effect`, with how long its claim is still held by the database's clock. */
export interface EffectRow {
  run_id: string;
  step: string;
  item: number;
  key: string;
  attempt: number;
  epoch: number;
  state: EffectState;
  claimant: string;
  fence: number;
  claimed_at: Date;
  held_ms: number;
  done_at: Date | null;
  result: unknown;
  by: Performer | null;
  resolved_by: string | null;
}

/** All of a row; `held_ms` in milliseconds, 0 when nobody holds the claim. */
export const COLUMNS = `run_id, step, item, key, attempt, epoch, state, claimant, fence, claimed_at, done_at, result, by, resolved_by,
  CASE WHEN state = 'claimed' THEN greatest(0, ceil(extract(epoch FROM held_until - clock_timestamp()) * 1000)) ELSE 0 END::float8 AS held_ms`;

/** The effect's place as the four columns of the key. */
export const placeOf = ({ runId, step, item, key }: Omit<AttemptRef, 'attempt'> & { key: string }): unknown[] => [
  columnText(runId),
  columnText(step),
  item ?? -1,
  columnText(key),
];
export const AT_PLACE = '(run_id, step, item, key) = ($1, $2, $3, $4)';

export const entryOf = (row: EffectRow): EffectEntry => ({
  attempt: row.attempt,
  epoch: row.epoch,
  state: row.state,
  claimant: row.claimant,
  fence: row.fence,
  heldMs: row.held_ms,
  claimedAt: row.claimed_at.toISOString(),
  result: row.result ?? null,
  ...(row.by === null ? {} : { by: row.by }),
});

export const viewOf = (row: EffectRow): EffectView => ({
  runId: row.run_id,
  step: row.step,
  ...(row.item < 0 ? {} : { item: row.item }),
  key: row.key,
  attempt: row.attempt,
  epoch: row.epoch,
  state: row.state,
  inDoubt: row.state === 'claimed' && row.held_ms === 0,
  claimedAt: row.claimed_at.toISOString(),
  ...(row.done_at === null ? {} : { doneAt: row.done_at.toISOString() }),
  ...(row.state === 'done' ? { result: row.result } : {}),
  ...(row.by === null ? {} : { by: row.by }),
  ...(row.resolved_by === null ? {} : { resolvedBy: row.resolved_by }),
});
