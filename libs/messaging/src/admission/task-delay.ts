import { ValidationFailed } from '@aet/contracts';

/** @throws {ValidationFailed} it would wait longer in the queue than a task may */
export function requireShortDelay(notBefore: string | undefined, now: number, longestMs: number): void {
  if (notBefore === undefined || Date.parse(notBefore) - now <= longestMs) return;
  const message = `notBefore (${notBefore}) is more than ${longestMs / 1_000} s ahead: give the task to the orchestrator, which keeps it until its time`;
  throw new ValidationFailed(message, [{ path: 'notBefore', rule: 'max', message }]);
}

/** Clocks of two machines may differ by so much before one of them counts as wrong. Milliseconds. */
const SKEW_MS = 5_000;

/**
 * How long a task still has to wait. Milliseconds; 0: it may begin.
 * The queue takes no task that is due later than `longestMs`: when one is, as this host sees it, a clock is wrong, and then the task waits
 * that long once. A clock that is an hour off delays a task by half a minute, and loses none.
 */
export function delayOf(notBefore: string | undefined, deliveries: number, now: number, longestMs: number): number {
  if (notBefore === undefined) return 0;
  const left = Date.parse(notBefore) - now;
  if (!(left > 0)) return 0;
  if (left <= longestMs + SKEW_MS) return Math.min(left, longestMs);
  return deliveries > 1 ? 0 : longestMs;
}
