/** Times in milliseconds. */
export interface Backoff {
  initialMs: number;
  maxMs: number;
}

/** The longest wait before attempt `attempt + 1`, after `attempt` failures (from 1): doubles each time up to `maxMs`. */
export const backoffCeilingMs = (attempt: number, policy: Backoff): number =>
  Math.min(policy.maxMs, policy.initialMs * 2 ** Math.min(Math.max(attempt - 1, 0), 52));

/**
 * Full jitter: a mass reconnect must not arrive as one wave. Milliseconds, in `[0, ceiling]`.
 * Source: AWS Architecture Blog, "Exponential Backoff And Jitter".
 * @param random gives numbers in `[0, 1)`
 */
export const backoffMs = (attempt: number, policy: Backoff, random: () => number): number =>
  Math.round(random() * backoffCeilingMs(attempt, policy));

/**
 * Equal jitter: at least half of the ceiling. For loops in which a wait of nearly nothing would mean a busy loop,
 * such as restarting a process or reaching a database that is down.
 */
export function patientBackoffMs(attempt: number, policy: Backoff, random: () => number): number {
  const ceiling = backoffCeilingMs(attempt, policy);
  return Math.round(ceiling / 2 + (random() * ceiling) / 2);
}
