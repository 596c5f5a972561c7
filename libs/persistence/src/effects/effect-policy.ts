import { Conflict, type EffectState, type Performer } from '@aet/contracts';
import type { EffectEnd, EffectHold, EffectWish } from './effect-ledger.js';

/** The ledger's entry of an effect. */
export interface EffectEntry {
  attempt: number;
  epoch: number;
  state: EffectState;
  claimant: string;
  fence: number;
  /** Of a claim: how long it is still held; 0: nobody holds it. Milliseconds, by the database's clock. */
  heldMs: number;
  claimedAt: string;
  result: unknown;
  by?: Performer;
}

export type ClaimDecision =
  | { kind: 'grant'; fence: number }
  | { kind: 'renew'; fence: number }
  | { kind: 'done'; result: unknown }
  | { kind: 'held'; retryAfterMs: number; by: Performer | undefined }
  | { kind: 'in-doubt'; entry: EffectEntry };

/** @throws {Conflict} a later attempt or owner claimed it */
export function decideClaim(entry: EffectEntry, wish: EffectWish): ClaimDecision {
  if (entry.state === 'done') return { kind: 'done', result: entry.result };
  assertNotBehind(entry, wish);
  const { claimant, fence, heldMs } = entry;
  if (entry.state === 'failed') {
    if (claimant !== wish.claimant) return { kind: 'grant', fence: fence + 1 };
    // Its word to hold on came after its word that it ended.
    throw new Conflict(
      `this claim of the effect "${wish.key}" was ended: an execution that begins anew claims it in its own name`,
    );
  }
  // Its answer was lost, or it wants to hold on.
  if (claimant === wish.claimant) return { kind: 'renew', fence };
  if (heldMs > 0) return { kind: 'held', retryAfterMs: heldMs, by: entry.by };
  return wish.instead === claimant ? { kind: 'grant', fence: fence + 1 } : { kind: 'in-doubt', entry };
}

/** Whether there is something to write. @throws {Conflict} */
export function decideEnd(entry: EffectEntry, end: EffectEnd): boolean {
  const { claimant, outcome, instead, key } = end;
  if (entry.state === outcome.state && (entry.claimant === claimant || outcome.state === 'done')) return false;
  assertNotBehind(entry, end);
  const itsOwn = entry.claimant === claimant;
  const taken = entry.claimant === instead && entry.heldMs === 0;
  if (entry.state === 'claimed' && (itsOwn || taken)) return true;
  throw new Conflict(
    `the effect "${key}" is ${entry.state} by attempt ${entry.attempt} under another claim: what this execution says of it does not count`,
    { details: { state: entry.state, attempt: entry.attempt } },
  );
}

/** An attempt or owner that was replaced must not speak over the one that took its place. */
function assertNotBehind(entry: EffectEntry, { attempt, epoch, key }: EffectHold): void {
  if (epoch > entry.epoch || (epoch === entry.epoch && attempt >= entry.attempt)) return;
  throw new Conflict(`attempt ${attempt} was superseded: attempt ${entry.attempt} claimed the effect "${key}" since`, {
    details: { attempt: entry.attempt, epoch: entry.epoch },
  });
}
