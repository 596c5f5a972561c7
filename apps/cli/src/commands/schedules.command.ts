import { type Command, Option } from 'commander';
import { collect, type CommandContext, examples, withArguments } from './command-context.js';

export interface SchedulesOptions {
  json?: boolean;
  cell?: string;
  by?: string;
  reason?: string;
}
export interface SchedulePutOptions extends SchedulesOptions {
  cron?: string;
  at?: string;
  in?: string;
  tz?: string;
  catchUp?: 'last' | 'none' | 'all';
  input?: string[];
  inputs?: string;
  priority?: string;
  lane?: string;
}

const wordOptions = (command: Command): Command =>
  command
    .option('--reason <text>', 'for the record')
    .option('--by <name>', 'who says so (default: you)')
    .option('--cell <name>', 'the cell that is meant (default: the first)')
    .option('--json', 'print one JSON object');

export function registerSchedules(program: Command, context: CommandContext): void {
  const schedules = program
    .command('schedules')
    .description('Runs that begin by themselves: at the times of a cron expression, or once.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet schedules put nightly review --cron "30 2 * * *" --tz Europe/Berlin -i repo=/src/shop', 'every night'],
        ['aet schedules put poll sync --cron "*/10 * * * * *" --catch-up none', 'every ten seconds; what was missed is left out'],
        ['aet schedules put release release --at 2026-12-01T08:00:00Z', 'once'],
        ['aet schedules ls', 'with their next times'],
        ['aet schedules pause nightly --reason "holidays"', 'nothing begins until it is resumed'],
        ['aet schedules rm poll', 'the runs that it made stay'],
        ['aet runs ls --json | jq \'.runs[] | select(.schedule == "nightly")\'', 'the runs that it made'],
      ]),
    );
  registerPut(schedules, context);
  schedules
    .command('ls')
    .description('The schedules with their next times.')
    .option('--cell <name>', 'the cell that is meant (default: the first)')
    .option('--json', 'print one JSON object')
    .action(
      context.action(async (options: SchedulesOptions, project) => {
        const { listSchedules } = await import('./schedules.action.js');
        return listSchedules(options, project);
      }),
    );
  registerWords(schedules, context);
}

function registerPut(schedules: Command, context: CommandContext): void {
  wordOptions(
    schedules
      .command('put')
      .description('Submits a workflow at the times of a cron expression, or once; replaces the schedule of that name.')
      .argument('<name>', 'of the schedule')
      .argument('<workflow>', 'what is submitted each time')
      .option('--cron <expression>', 'five fields, six with seconds first, or such as @daily')
      .option('--at <time>', 'once, such as 2026-11-21T18:00:00Z, or 18:00 for the next one')
      .option('--in <duration>', 'once, after this time, such as 10m')
      .option('--tz <zone>', 'of the cron expression, such as Europe/Berlin (default: UTC)')
      .addOption(
        new Option('--catch-up <which>', 'of the times that passed while nothing ran (default: last)').choices([
          'last',
          'none',
          'all',
        ]),
      )
      .option('-i, --input <key=value>', 'one input; JSON where it can be, else text; may be repeated', collect)
      .option('--inputs <file>', 'a JSON file with the inputs; single ones win over it')
      .option('--priority <name>', 'critical, high, normal or low (default: normal)')
      .option('--lane <name>', 'real-time, parallel or background'),
  ).action(
    withArguments(context, async ([name = '', workflow = ''], options: SchedulePutOptions, project) => {
      const { putSchedule } = await import('./schedules.action.js');
      return putSchedule(name, workflow, options, project);
    }),
  );
}

function registerWords(schedules: Command, context: CommandContext): void {
  const words = {
    pause: 'Nothing is submitted until it is resumed; times that pass are left out.',
    resume: 'A paused schedule goes on with its next time.',
    rm: 'Removes a schedule; its runs stay.',
  } as const;
  for (const [act, does] of Object.entries(words) as [keyof typeof words, string][]) {
    wordOptions(schedules.command(act).description(does).argument('<name>', 'as `aet schedules ls` shows it')).action(
      withArguments(context, async ([name = ''], options: SchedulesOptions, project) => {
        const { removeSchedule, sayToSchedule } = await import('./schedules.action.js');
        return act === 'rm' ? removeSchedule(name, options, project) : sayToSchedule(act, name, options, project);
      }),
    );
  }
}
