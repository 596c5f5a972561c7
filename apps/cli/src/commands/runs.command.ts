import type { RunStatus } from '@aet/contracts';
import { type Command, Option } from 'commander';
import { type CommandContext, examples, withArguments } from './command-context.js';
import { positiveInteger } from './positive-integer.js';
import { addRunWords } from './runs-words.command.js';

export interface RunsOptions {
  json?: boolean;
  cell?: string;
}
export interface RunsListOptions extends RunsOptions {
  status?: RunStatus;
  workflow?: string;
  text?: string;
  lines?: number;
  cursor?: string;
}
export interface RunsEventsOptions extends RunsOptions {
  after?: number;
  follow?: boolean;
}
export interface RunsReplayOptions extends RunsOptions {
  workflow?: string;
  file?: string;
}
/** `-o FILE`. */
export interface RunsExportOptions extends RunsOptions {
  output?: string;
}

const STATUSES: readonly RunStatus[] = ['scheduled', 'running', 'paused', 'compensating', 'completed', 'failed', 'cancelled'];

/** Of every command that speaks to a fleet. */
const fleetOptions = (command: Command): Command =>
  command.option('--cell <name>', 'the cell that is meant (default: the first)').option('--json', 'print one JSON object');

const RUN = ['<run>', 'its id, the first 8 characters of it or more, or `last`'] as const;

export function registerRuns(program: Command, context: CommandContext): void {
  const runs = program
    .command('runs')
    .description('Looks at runs and acts on them: cancels, pauses, signals, approves, begins them again, compares, copies.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet runs ls --status failed --workflow release', 'which ones failed'],
        ['aet runs get last', 'the newest run, step by step'],
        ['aet runs events last --follow', 'its log, until it ends'],
        ['aet runs approve last ship --reason "looks good"', 'say yes where it asks'],
        ['aet runs reject last ship --reason "not on a Friday"', 'say no'],
        ['aet runs signal 0193f2c4-7b uploaded --payload \'{"files":3}\'', 'tell it what it waits for'],
        ['aet runs cancel last --reason "wrong branch"', 'end it; what it did is undone where the workflow says how'],
        ['aet runs pause last', 'nothing new begins, until `aet runs resume last`'],
        ['aet runs prioritize last high', 'what waits of it goes before others'],
        ['aet runs redrive last --reason "the server is back"', 'a failed run goes on where it failed'],
        ['aet runs rerun last --from publish -i dry=false', 'again from a step on, the rest is kept'],
        ['aet runs fork last --at 12', 'as if nothing had come after event 12'],
        ['aet runs diff 0193f2c4-7b last', 'what differs; exit code 1 when something does'],
        ['aet runs replay last --file release.yaml', 'what would the edited workflow have done?'],
        ['aet runs payload last report -o report.json', 'what a step gave, however large'],
        ['aet runs export last -o run.ndjson', 'take it elsewhere: `aet runs import run.ndjson`'],
      ]),
    );
  registerLooks(runs, context);
  registerPayload(runs, context);
  addRunWords(runs, context);
  registerComparisons(runs, context);
  registerCopies(runs, context);
}

function registerLooks(runs: Command, context: CommandContext): void {
  fleetOptions(
    runs
      .command('ls')
      .description('Runs, newest first.')
      .addOption(new Option('--status <status>', 'only with this status').choices(STATUSES))
      .option('--workflow <name>', 'only of this workflow')
      .option('--text <words>', 'only with these words in their names or errors')
      .option('-n, --lines <n>', 'so many, at most 500 (default: 50)', positiveInteger)
      .option('--cursor <text>', 'the page after: what the page before says at its end'),
  ).action(
    context.action(async (options: RunsListOptions, project) => {
      const { listRuns } = await import('./runs-look.action.js');
      return listRuns(options, project);
    }),
  );
  fleetOptions(
    runs
      .command('get')
      .alias('show')
      .description('A run with its steps.')
      .argument(...RUN),
  ).action(
    withArguments(context, async ([run = ''], options: RunsOptions, project) => {
      const { getRun } = await import('./runs-look.action.js');
      return getRun(run, options, project);
    }),
  );
  fleetOptions(
    runs
      .command('events')
      .description("A run's log as it is stored.")
      .argument(...RUN)
      .option('--after <sequence>', 'only what came after it', positiveInteger)
      .option('-f, --follow', 'go on until the run has ended'),
  ).action(
    withArguments(context, async ([run = ''], options: RunsEventsOptions, project) => {
      const { showEvents } = await import('./runs-look.action.js');
      return showEvents(run, options, project);
    }),
  );
}

function registerPayload(runs: Command, context: CommandContext): void {
  fleetOptions(
    runs
      .command('payload')
      .description('The whole of a large value, as JSON: where a run has {"$payload": …}.')
      .argument(...RUN)
      .argument('<value>', 'the checksum of the value (sha256), or a step: its output, with all large values in their places')
      .option('-o, --output <file>', 'into this file, which must not be there yet (default: standard output)'),
  ).action(
    withArguments(context, async ([run = '', value = ''], options: RunsExportOptions, project) => {
      const { savePayload } = await import('./runs-payload.action.js');
      return savePayload(run, value, options, project);
    }),
  );
}

function registerComparisons(runs: Command, context: CommandContext): void {
  fleetOptions(
    runs
      .command('replay')
      .description('Decides a run again from what came back, without doing anything; exit 1 when something would differ.')
      .argument(...RUN)
      .option('--workflow <name>', 'as this workflow, instead of its own')
      .option('--file <path>', 'as the workflow of this file'),
  ).action(
    withArguments(context, async ([run = ''], options: RunsReplayOptions, project) => {
      const { replayRun } = await import('./runs-compare.action.js');
      return replayRun(run, options, project);
    }),
  );
  fleetOptions(
    runs
      .command('diff')
      .description('What differs between two runs: inputs, workflow, outputs, ends.')
      .argument(...RUN)
      .argument('<other>', 'another one'),
  ).action(
    withArguments(context, async ([run = '', other = ''], options: RunsOptions, project) => {
      const { diffRuns } = await import('./runs-compare.action.js');
      return diffRuns(run, other, options, project);
    }),
  );
}

function registerCopies(runs: Command, context: CommandContext): void {
  fleetOptions(
    runs
      .command('export')
      .description('A run that has ended as lines of JSON: every event with its hash, and the large values.')
      .argument(...RUN)
      .option('-o, --output <file>', 'into this file (default: standard output)'),
  ).action(
    withArguments(context, async ([run = ''], options: RunsExportOptions, project) => {
      const { exportRun } = await import('./runs-copy.action.js');
      return exportRun(run, options, project);
    }),
  );
  fleetOptions(
    runs
      .command('import')
      .description('Brings an exported run into the log as it was; the same one twice changes nothing.')
      .argument('<file>', 'as `aet runs export` wrote it; - for standard input')
      .option('--reason <text>', 'for the record'),
  ).action(
    withArguments(context, async ([file = ''], options: RunsOptions & { reason?: string }, project) => {
      const { importRun } = await import('./runs-copy.action.js');
      return importRun(file, options, project);
    }),
  );
}
