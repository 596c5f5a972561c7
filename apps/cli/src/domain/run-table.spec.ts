import type { RunView, ScheduleView } from '@aet/contracts';
import { expect, it } from 'vitest';
import { differenceLines, eventLine, runLines, runTable } from './run-table.js';
import { scheduleLine, scheduleTable } from './schedule-table.js';

const at = '2026-01-01T00:00:00.000Z';
const run: RunView = {
  runId: '01939c2e-0000-7000-8000-000000000001',
  workflow: 'release',
  status: 'running',
  priority: 'normal',
  cell: 'local',
  correlationId: 'c',
  submittedAt: at,
  updatedAt: '2026-01-01T00:00:05.000Z',
  attempts: { scheduled: 1, completed: 1, failed: 0 },
  inputs: {},
  steps: [
    {
      name: 'build',
      kind: 'task',
      task: 'build',
      needs: [],
      status: 'completed',
      attempts: 1,
      startedAt: at,
      finishedAt: '2026-01-01T00:00:02.000Z',
    },
    {
      name: 'ask',
      kind: 'approval',
      task: 'approval',
      needs: ['build'],
      status: 'running',
      attempts: 0,
      startedAt: at,
      waitsFor: { approval: 'Ship it?', approvers: ['anna'], until: '2026-01-02T00:00:00.000Z' },
    },
  ],
};

it('shows runs in a list, and one with what keeps its steps', () => {
  expect(runTable({ runs: [] })).toEqual(['no runs']);
  expect(runTable({ runs: [run] })[1]).toBe(`${run.runId}  release   running  normal    ${at}  5.0 s`);
  expect(runLines(run, Date.parse(at) + 3_000)).toEqual([
    `run ${run.runId} of release: running`,
    `submitted ${at}, priority normal, cell local`,
    '',
    '✔ build  2.0 s',
    '▸ ask    3.0 s  asks: Ship it? (anna), until 2026-01-02T00:00:00.000Z',
  ]);
});

it('says where a run came from, and when it begins', () => {
  const origin = { kind: 'rerun', runId: 'r1', sequence: 9, from: 'ship', by: 'anna', reason: 'again' } as const;
  expect(runLines({ ...run, origin }, 0)[2]).toBe('rerun of r1 from step ship, by anna: again');
  const { from: _, reason: __, ...fork } = { ...origin, kind: 'fork' as const };
  expect(runLines({ ...run, origin: fork }, 0)[2]).toBe('fork of r1 at its event 9, by anna');
  expect(runLines({ ...run, status: 'scheduled', startAt: at }, 0)[2]).toBe(`begins at ${at}`);
});

it('shows events and differences in lines', () => {
  const event = { type: 'run.started', data: {}, runId: run.runId, sequence: 12, time: at, hash: '' } as const;
  expect(eventLine(event)).toBe(`   12  ${at}  run.started         {}`);
  expect(differenceLines({ same: false, differences: [{ path: 'a.b', before: 1 }], more: 3 })).toEqual([
    'a.b',
    '  - 1',
    '  + (nothing)',
    'and 3 more',
  ]);
});

it('shows schedules with their next times, or why there are none', () => {
  const schedule: ScheduleView = {
    name: 'nightly',
    cron: '@daily',
    timeZone: 'UTC',
    catchUp: 'last',
    run: { workflow: 'review' },
    next: ['2026-01-02T00:00:00.000Z'],
    last: { at, runId: run.runId },
    by: 'anna',
    updatedAt: at,
  };
  expect(scheduleTable([schedule])[1]).toBe(
    `nightly  review    @daily UTC  last      2026-01-02T00:00:00.000Z  ${at} run ${run.runId}`,
  );
  expect(scheduleLine({ ...schedule, next: [], paused: { by: 'anna', at } })).toBe(
    `nightly (@daily UTC): PAUSED by anna at ${at}`,
  );
  expect(scheduleLine({ ...schedule, next: [] })).toBe('nightly (@daily UTC): over');
});
