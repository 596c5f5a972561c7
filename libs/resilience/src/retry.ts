import { type Backoff, backoffMs } from './backoff.js';

/** Waits in milliseconds, full jitter. */
export interface RetryPolicy extends Backoff {
  /** Tries in all; 1: no retry. */
  attempts: number;
}

/**
 * How long to wait before the next try, or undefined when there is none: the tries are used up, or the wait alone would take the time that is left.
 * @param attempt tries so far, from 1
 * @param random gives numbers in `[0, 1)`
 */
export function nextTryMs(attempt: number, remainingMs: number, policy: RetryPolicy, random: () => number): number | undefined {
  if (attempt >= policy.attempts) return undefined;
  const waitMs = backoffMs(attempt, policy, random);
  return waitMs < remainingMs ? waitMs : undefined;
}
