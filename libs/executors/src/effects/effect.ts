import type { AttemptRef, EffectClaim } from '@aet/contracts';

/** What an execution found out of an effect that an earlier one began. */
export type Reconciled<T> = { state: 'done'; result: T } | { state: 'not-done' } | { state: 'unknown' };

/** What a service outside may be given so that it refuses what it knows, or what comes late. */
export interface EffectToken {
  /** The same for every attempt at this effect, and no other's: for services that take such a key. */
  idempotencyKey: string;
  /** Grows with each grant: who keeps the highest that it saw can refuse a lower one. */
  fence: number;
  /** Aborted when the attempt is to stop, or the claim could not be held: somebody else may begin after that. */
  signal: AbortSignal;
}

export interface EffectHooks<T> {
  /** Does it. The result is JSON, at most 512 KiB, and is what later attempts get instead of doing it again. */
  perform(token: EffectToken): Promise<T>;
  /** Finds out whether it was done, and changes nothing. Absent, or when it throws: `unknown`. */
  reconcile?(signal: AbortSignal): Promise<Reconciled<T>>;
}

/** One execution of an attempt, as the ledger names it. */
export interface EffectRef extends AttemptRef {
  cell: string;
  epoch: number;
  agent: string;
  key: string;
  /** Unique for each execution. */
  claimant: string;
}

/** The ledger of effects in the cell that owns the run. Every call may be repeated. */
export interface EffectClaims {
  /** @param instead the claimant of a claim in doubt, of which was found that it did nothing */
  claim(ref: EffectRef, signal: AbortSignal, instead?: string): Promise<EffectClaim>;
  /** @param instead the claimant of a claim in doubt, of which was found that it did the effect */
  done(ref: EffectRef, result: unknown, signal: AbortSignal, instead?: string): Promise<void>;
  /** It is known that it was not done. */
  release(ref: EffectRef, signal: AbortSignal): Promise<void>;
}

/** Where there is no ledger (one process, one attempt): everything is granted, and nothing is kept. */
export const NO_LEDGER: EffectClaims = {
  claim: () => Promise.resolve({ state: 'granted', fence: 1, holdMs: Number.MAX_SAFE_INTEGER }),
  done: () => Promise.resolve(),
  release: () => Promise.resolve(),
};
