import type { ScheduleView } from '@aet/contracts';
import { ConsoleOutput } from '../adapters/console-output.js';
import { scheduleLine, scheduleTable } from '../domain/schedule-table.js';
import { startOf } from '../domain/start-at.js';
import { ExitCode } from './command-context.js';
import { givenInputs } from './given-inputs.js';
import { runsClient, wordOf } from './runs-words.action.js';
import type { SchedulePutOptions, SchedulesOptions } from './schedules.command.js';

export async function putSchedule(
  name: string,
  workflow: string,
  options: SchedulePutOptions,
  named: string | undefined,
): Promise<number> {
  const { cron, tz, catchUp, priority, lane } = options;
  const { startAt: at } = startOf(options, new Date());
  const view = await runsClient(options, named).putSchedule(name, {
    ...wordOf(options),
    ...(cron === undefined ? {} : { cron }),
    ...(at === undefined ? {} : { at }),
    ...(tz === undefined ? {} : { timeZone: tz }),
    ...(catchUp === undefined ? {} : { catchUp }),
    run: {
      workflow,
      inputs: givenInputs(options),
      ...(priority === undefined ? {} : { priority }),
      ...(lane === undefined ? {} : { lane }),
    },
  });
  return show(view, options);
}

export async function listSchedules(options: SchedulesOptions, named: string | undefined): Promise<number> {
  const { schedules } = await runsClient(options, named).schedules();
  const output = new ConsoleOutput();
  if (options.json === true) output.json({ schedules });
  else for (const line of scheduleTable(schedules)) output.result(line);
  return ExitCode.Done;
}

export async function sayToSchedule(
  act: 'pause' | 'resume',
  name: string,
  options: SchedulesOptions,
  named: string | undefined,
): Promise<number> {
  return show(await runsClient(options, named).sayToSchedule(act, name, wordOf(options)), options);
}

export async function removeSchedule(name: string, options: SchedulesOptions, named: string | undefined): Promise<number> {
  const removed = await runsClient(options, named).removeSchedule(name, wordOf(options));
  const output = new ConsoleOutput();
  if (options.json === true) output.json(removed);
  else output.result(removed.removed ? `schedule ${name} is removed` : `there was no schedule ${name}`);
  return ExitCode.Done;
}

function show(view: ScheduleView, { json }: SchedulesOptions): number {
  const output = new ConsoleOutput();
  if (json === true) output.json(view);
  else output.result(scheduleLine(view));
  return ExitCode.Done;
}
