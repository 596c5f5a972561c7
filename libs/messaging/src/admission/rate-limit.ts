import type { PermitClaim, RateLimit } from '@aet/contracts';

/**
 * A rate over all hosts, as the generic cell rate algorithm: a theoretical arrival time (TAT) grows by one period with each permit, and a permit may
 * be used when the time is at most a tolerance before its TAT. The TAT lives in a key-value bucket; hosts move it by compare-and-set.
 *
 * Hosts' clocks play no part. The server stamps every write, and the stamp is part of the claim: the TAT after a claim is
 * `max(TAT before, time of the write) + permits × period`, the same for every reader. A host learns its stamp by reading its write back, and measures
 * from there on its monotonic clock.
 *
 * A permit is used up to `holdMs` after it began to be valid, so the bound for any window of `w` milliseconds is
 * `(w + hold + tolerance) / period`; `termsOf` chooses the three so that this is at most `w × perSecond / 1000 + burst`.
 * Source: ITU-T I.371 (GCRA); the bound is held by `rate-limit.properties.spec.ts`.
 */
export interface RateTerms {
  periodMs: number;
  toleranceMs: number;
  /** How long after its first moment a permit may still be used. */
  holdMs: number;
}

/** A permit that is not used soon is lost: longer would only allow larger bursts. Milliseconds. */
const LONGEST_HOLD_MS = 1_000;
/** A permit may be claimed when it becomes valid within this: a host's task in hand waits for it. Milliseconds. */
const LEAD_MS = 50;
/** Server stamps are whole milliseconds, and clocks drift within a permit's life. */
const MARGIN_MS = 2;
/** Beyond what claims alone can reach, a TAT means that the server's clock was set back, or that the limit is another one. Milliseconds. */
const SLACK_MS = 5_000;

export function termsOf({ perSecond, burst }: RateLimit): RateTerms {
  const periodMs = 1_000 / perSecond;
  if (burst >= 2) {
    const holdMs = Math.min(((burst - 1) * periodMs) / 2, LONGEST_HOLD_MS);
    return { periodMs, toleranceMs: burst * periodMs - holdMs, holdMs };
  }
  // Two permits must be a period apart when the first is used late and the second at once.
  const holdMs = Math.min(periodMs / 4, LONGEST_HOLD_MS);
  return { periodMs: periodMs + holdMs, toleranceMs: periodMs + holdMs, holdMs };
}

/** A claim as the bucket has it. */
export interface StoredClaim {
  claim: PermitClaim;
  /** The server's stamp. Unix milliseconds. */
  writtenAt: number;
}

/** The server cuts its stamps to whole milliseconds: the write was before the next. */
const baseOf = ({ claim, writtenAt }: StoredClaim): number => Math.max(claim.tatMs, writtenAt + 1);

/** The TAT that a claim leaves behind. */
const tatAfter = (stored: StoredClaim): number => baseOf(stored) + stored.claim.permits * stored.claim.periodMs;

/** The TAT from which the next claim goes on. Without a claim it is long ago. */
export function tatBeforeNext(last: StoredClaim | undefined, terms: RateTerms): number {
  if (last === undefined) return 0;
  const furthest = last.writtenAt + terms.toleranceMs + LEAD_MS;
  const tat = tatAfter(last);
  return tat > furthest + SLACK_MS ? furthest : tat;
}

/** How many permits a claim can have now, at most `wanted`. `serverNow` must not be ahead of the server's clock. */
export function claimable(tatMs: number, serverNow: number, { periodMs, toleranceMs }: RateTerms, wanted: number): number {
  const room = serverNow + LEAD_MS + toleranceMs - Math.max(tatMs, serverNow);
  return Math.max(0, Math.min(wanted, Math.floor(room / periodMs + 1e-9)));
}

/** Until one is claimable. Milliseconds. */
export const waitMs = (tatMs: number, serverNow: number, { periodMs, toleranceMs }: RateTerms): number =>
  Math.max(0, tatMs + periodMs - toleranceMs - LEAD_MS - serverNow);

/** From when until when a permit may be used, on the monotonic clock of the host that claimed it. Milliseconds. */
export interface Permit {
  from: number;
  until: number;
}

/**
 * The permits of a host's own claim.
 * @param sentAt and `knownAt`: when it asked for the write and when it knew its stamp, on its monotonic clock
 */
export function permitsOf(stored: StoredClaim, terms: RateTerms, sentAt: number, knownAt: number): Permit[] {
  return Array.from({ length: stored.claim.permits }, (_, index) => {
    const tat = baseOf(stored) + (index + 1) * terms.periodMs;
    const afterWrite = Math.max(0, tat - terms.toleranceMs - stored.writtenAt);
    return { from: knownAt + afterWrite, until: sentAt + afterWrite + terms.holdMs - MARGIN_MS };
  });
}
