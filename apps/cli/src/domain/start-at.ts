import { parseDuration, RFC3339, ValidationFailed } from '@aet/contracts';

const CLOCK = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** `--at` and `--in` as a submit says it: `{ startAt }`, or nothing. @throws {ValidationFailed} */
export function startOf({ at, in: after }: { at?: string; in?: string }, now: Date): { startAt?: string } {
  if (at !== undefined && after !== undefined) throw refused('at', 'give either --at or --in');
  if (after !== undefined) return { startAt: new Date(now.getTime() + parseDuration(after)).toISOString() };
  return at === undefined ? {} : { startAt: timeOf(at, now).toISOString() };
}

/** RFC 3339, or a time of the day by the clock of this machine: the next one. @throws {ValidationFailed} */
function timeOf(text: string, now: Date): Date {
  const [, hours, minutes] = CLOCK.exec(text) ?? [];
  if (hours !== undefined) {
    const time = new Date(now);
    time.setHours(Number(hours), Number(minutes), 0, 0);
    if (time <= now) time.setDate(time.getDate() + 1);
    return time;
  }
  if (RFC3339.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text);
  throw refused('at', `"${text}" is no time: write one such as 2026-11-21T18:00:00Z, or 18:00`);
}

const refused = (path: string, message: string): ValidationFailed =>
  new ValidationFailed(message, [{ path, rule: 'time', message }]);
