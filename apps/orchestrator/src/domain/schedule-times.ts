import { type CatchUp, ValidationFailed } from '@aet/contracts';
import { Cron } from 'croner';

/** When a schedule comes: either by a cron expression, or once. */
export interface Timing {
  cron?: string | undefined;
  /** RFC 3339. */
  at?: string | undefined;
  /** Of the cron expression. */
  timeZone: string;
}

/** A time that is later than this was missed. Milliseconds: longer than a restart takes. */
const LATE_MS = 30_000;
/** Times that are made up for in one round. */
const MOST = 500;

/** @throws {ValidationFailed} when the timing is none, or never comes */
export function assertTiming(timing: Timing, now: Date): void {
  const { cron, at } = timing;
  if ((cron === undefined) === (at === undefined)) throw refused('cron', 'give either a cron expression or a time');
  if (at !== undefined && Number.isNaN(Date.parse(at)))
    throw refused('at', `"${at}" is no time: write one such as 2026-11-21T18:00:00Z`);
  if (!isTimeZone(timing.timeZone))
    throw refused('timeZone', `"${timing.timeZone}" is no time zone: write one such as Europe/Berlin, or UTC`);
  if (cron !== undefined && nextTimes(timing, now, 1).length === 0) throw refused('cron', `"${cron}" never comes`);
}

/** The next times, strictly after `after`; fewer when there are no more. @throws {ValidationFailed} */
export function nextTimes(timing: Timing, after: Date, count: number): Date[] {
  if (timing.at !== undefined) return Date.parse(timing.at) > after.getTime() ? [new Date(timing.at)] : [];
  return cronOf(timing).nextRuns(count, after);
}

/**
 * What is to be submitted now of a schedule whose next time has come, and when it comes next.
 * @param due its next time, which is past. @param catchUp of the times that nobody was there for: the last one, none, or all
 */
export function dueTimes(timing: Timing, due: Date, now: Date, catchUp: CatchUp): { fire: Date[]; next: Date | undefined } {
  if (timing.at !== undefined) return { fire: catchUp === 'none' && isLate(due, now) ? [] : [due], next: undefined };
  const fire = toFire(timing, due, now, catchUp);
  const last = catchUp === 'all' && fire.length === MOST ? (fire.at(-1) ?? now) : now;
  return { fire, next: nextTimes(timing, last, 1)[0] };
}

function toFire(timing: Timing, due: Date, now: Date, catchUp: CatchUp): Date[] {
  if (catchUp === 'all') return between(timing, due, now);
  const inTime = between(timing, new Date(Math.max(due.getTime(), now.getTime() - LATE_MS)), now);
  if (catchUp === 'none' || inTime.length > 0) return inTime;
  // `previousRuns` looks strictly before.
  const [last] = cronOf(timing)
    .previousRuns(1, new Date(now.getTime() + 1_000))
    .filter((time) => time <= now);
  return last !== undefined && last >= due ? [last] : [due];
}

/** All times in a closed span, at most `MOST`. */
function between(timing: Timing, from: Date, to: Date): Date[] {
  const cron = cronOf(timing);
  const found: Date[] = [];
  // Times are whole seconds: from the second before, the first one itself is found.
  for (let next = cron.nextRun(new Date(from.getTime() - 1_000)); next !== null && next <= to && found.length < MOST;) {
    if (next >= from) found.push(next);
    next = cron.nextRun(next);
  }
  return found;
}

const isLate = (time: Date, now: Date): boolean => now.getTime() - time.getTime() > LATE_MS;

function cronOf({ cron = '', timeZone }: Timing): Cron {
  try {
    return new Cron(cron, { timezone: timeZone, paused: true });
  } catch (error) {
    throw refused('cron', `"${cron}" is no cron expression: ${(error as Error).message}`);
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const refused = (path: string, message: string): ValidationFailed =>
  new ValidationFailed(message, [{ path, rule: 'schedule', message }]);
