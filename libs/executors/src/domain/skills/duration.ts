import { AttemptFailed } from '@aet/contracts';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `500ms`, `30s`, `5m`, `2h` in milliseconds. @throws {AttemptFailed} for anything else, and for 0. */
export function durationMs(text: string, what: string): number {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text.trim());
  const value = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : 0;
  if (value > 0) return value;
  throw new AttemptFailed(`${what} "${text}" is not a duration: write a number and a unit, such as 30s or 5m`, {
    retryable: false,
  });
}
