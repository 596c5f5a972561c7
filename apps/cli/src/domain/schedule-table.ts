import type { ScheduleView } from '@aet/contracts';
import { table } from './table.js';

export function scheduleTable(schedules: readonly ScheduleView[]): string[] {
  if (schedules.length === 0) return ['no schedules'];
  const rows = schedules.map((schedule) => [
    schedule.name,
    schedule.run.workflow ?? schedule.run.document?.name ?? '',
    timing(schedule),
    schedule.catchUp,
    coming(schedule),
    lastOf(schedule),
  ]);
  return table(['name', 'workflow', 'when', 'catch-up', 'next', 'last'], rows);
}

export const scheduleLine = (schedule: ScheduleView): string => `${schedule.name} (${timing(schedule)}): ${coming(schedule)}`;

const timing = ({ cron, at, timeZone }: ScheduleView): string => (cron === undefined ? `at ${at ?? ''}` : `${cron} ${timeZone}`);

function coming({ next, paused }: ScheduleView): string {
  if (paused !== undefined)
    return `PAUSED by ${paused.by} at ${paused.at}${paused.reason === undefined ? '' : `: ${paused.reason}`}`;
  return next.length === 0 ? 'over' : next.join(', ');
}

function lastOf({ last }: ScheduleView): string {
  if (last === undefined) return '';
  return `${last.at} ${last.error === undefined ? `run ${last.runId ?? ''}` : `${last.error.code}: ${last.error.message}`}`;
}
