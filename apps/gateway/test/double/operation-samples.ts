import { RUN_EXPORT_FORMAT, type RunActed, type RunExportPage, type RunSummary, type ScheduleView } from '@aet/contracts';

export const sampleActed = (runId: string): RunActed => ({ runId, status: 'running', sequence: 7, changed: true });

export const sampleSchedule = (name: string): ScheduleView => ({
  name,
  cron: '30 8 * * *',
  timeZone: 'Europe/Berlin',
  catchUp: 'last',
  run: { workflow: 'review', inputs: { repo: '/src/shop' } },
  next: ['2026-11-22T07:30:00.000Z'],
  paused: { by: 'anna', at: '2026-11-21T12:00:00.000Z', reason: 'the disk is full' },
  last: { at: '2026-11-21T07:30:00.000Z', runId: '01890000-0000-7000-8000-000000000001' },
  by: 'anna',
  updatedAt: '2026-11-21T12:00:00.000Z',
});

export const sampleDiff = (summary: RunSummary) => ({
  runs: [summary, summary] as [RunSummary, RunSummary],
  same: false,
  differences: [
    { path: 'steps.range.output.head', before: 'a', after: 'b' },
    { path: 'error', after: { code: 'X' } },
  ],
  more: 0,
});

/** Two pages: a header, and an event. */
export function sampleExport(runId: string, cursor: string | undefined): RunExportPage {
  const hash = 'a'.repeat(64);
  const time = '2026-11-21T12:00:00.000Z';
  if (cursor === '1.0') return { lines: [{ event: { sequence: 1, time, hash, type: 'run.submitted', data: { inputs: {} } } }] };
  const header = {
    runId,
    workflow: 'review',
    status: 'completed',
    cell: 'mainpc',
    events: 1,
    headHash: hash,
    exportedAt: time,
  } as const;
  return { lines: [{ format: RUN_EXPORT_FORMAT, ...header }], next: '1.0' };
}
