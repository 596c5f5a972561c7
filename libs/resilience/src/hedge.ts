/**
 * A hedged request: when the answer is late, the same request goes out once more, and the first answer counts. Only what is idempotent is hedged.
 * Source: J. Dean, L. Barroso, "The Tail at Scale", CACM 56 (2013).
 */
export interface HedgePolicy {
  enabled: boolean;
  /** Late is what takes longer than this share of recent calls, such as 0.95: about one call in twenty is then sent twice. */
  quantile: number;
  /** Never sooner, milliseconds: below it a second request costs more than it wins. */
  minMs: number;
  /** Never later, and the wait while too little is known. Milliseconds. */
  maxMs: number;
}

/** Fewer calls say nothing of a 95th percentile. */
export const HEDGE_SAMPLES = 20;

/** @param observedMs the quantile as observed; undefined while too little is known */
export const hedgeAfterMs = (observedMs: number | undefined, { minMs, maxMs }: HedgePolicy): number =>
  Math.min(Math.max(observedMs ?? maxMs, minMs), Math.max(minMs, maxMs));
