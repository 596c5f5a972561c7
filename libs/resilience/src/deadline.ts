/** A deadline is unix milliseconds, or `undefined` for none: it can cross a process border. */
export type Deadline = number | undefined;

export const remainingMs = (deadline: Deadline, now: number): number => (deadline === undefined ? Infinity : deadline - now);

export const isPassed = (deadline: Deadline, now: number): boolean => remainingMs(deadline, now) <= 0;

/** The earlier of an inherited deadline and an own timeout: a callee never gets more time than its caller has. */
export function deadlineFrom(now: number, timeoutMs: number | undefined, inherited: Deadline): Deadline {
  const own = timeoutMs === undefined ? Infinity : now + timeoutMs;
  const earliest = Math.min(own, inherited ?? Infinity);
  return earliest === Infinity ? undefined : earliest;
}

/** Longest deadline that is believed, from now: beyond it a clock is wrong or a sender malicious. 24 h. */
export const MAX_DEADLINE_MS = 86_400_000;

/** Reads a deadline from a header. What cannot be one (not a positive integer) is `invalid`, to be refused as bad input. */
export function parseDeadline(text: string, now: number): number | 'invalid' {
  if (!/^[0-9]{1,16}$/.test(text)) return 'invalid';
  return Math.min(Number(text), now + MAX_DEADLINE_MS);
}
