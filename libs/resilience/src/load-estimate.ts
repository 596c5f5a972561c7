/**
 * How long a request would take now, learnt from those before: a line through (requests in hand at the beginning, time to the answer), with old
 * ones fading. A method that waits for others in parallel has a flat line; one with a bounded resource behind it, such as a pool of connections
 * or a processor, has a slope, which is the queue's cost per request. Nothing has to be configured for it, and a load that was never seen
 * is not guessed at: without a spread of loads the slope is 0.
 * Source of the fading moments: T. Finch, "Incremental calculation of weighted mean and variance" (2009).
 */
export interface LoadEstimate {
  samples: number;
  /** Requests in hand when one began, itself among them. */
  meanInHand: number;
  meanMs: number;
  variance: number;
  covariance: number;
  /** Mean distance of a sample from the line: how far off a forecast is. */
  deviationMs: number;
}

/** A new sample counts for so much: the last hundred or so matter. */
const WEIGHT = 1 / 32;

export const NO_ESTIMATE: LoadEstimate = { samples: 0, meanInHand: 0, meanMs: 0, variance: 0, covariance: 0, deviationMs: 0 };

/** @param inHand requests in hand when this one began, from 1 */
export function learn(before: LoadEstimate, inHand: number, tookMs: number): LoadEstimate {
  const samples = before.samples + 1;
  const weight = Math.max(WEIGHT, 1 / samples);
  const [offInHand, offMs] = [inHand - before.meanInHand, tookMs - before.meanMs];
  const miss = before.samples === 0 ? 0 : Math.abs(tookMs - forecastMs(before, inHand));
  return {
    samples,
    meanInHand: before.meanInHand + weight * offInHand,
    meanMs: before.meanMs + weight * offMs,
    variance: (1 - weight) * (before.variance + weight * offInHand * offInHand),
    covariance: (1 - weight) * (before.covariance + weight * offInHand * offMs),
    deviationMs: before.deviationMs + weight * (miss - before.deviationMs),
  };
}

/** Expected time to the answer of a request that makes it `inHand` requests. More load never makes it faster. */
export function forecastMs({ meanInHand, meanMs, variance, covariance }: LoadEstimate, inHand: number): number {
  const slope = variance > 1e-9 ? Math.max(covariance / variance, 0) : 0;
  return Math.max(meanMs + slope * (inHand - meanInHand), 0);
}

/** Fewer samples are no ground for a refusal. */
const ENOUGH = 20;

/**
 * Whether a request is refused at once because its answer would come too late. `overloaded`: with less in hand there would be time. `too-short`:
 * not even then. Only where the forecast is too late by more than it is usually wrong; and never a request that has the service for itself:
 * it costs nobody anything, and is how a service that became faster is noticed.
 * @param inHand as with `learn`
 */
export function shedding(estimate: LoadEstimate, inHand: number, remainingMs: number): 'admit' | 'overloaded' | 'too-short' {
  if (inHand <= 1 || estimate.samples < ENOUGH) return 'admit';
  const slackMs = remainingMs + estimate.deviationMs;
  if (forecastMs(estimate, inHand) <= slackMs) return 'admit';
  return forecastMs(estimate, 1) > slackMs ? 'too-short' : 'overloaded';
}
