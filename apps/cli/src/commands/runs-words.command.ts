import type { Priority } from '@aet/contracts';
import { Argument, type Command } from 'commander';
import type { RunAct } from '../adapters/runs-client.js';
import { collect, type CommandContext, withArguments } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface WordOptions {
  json?: boolean;
  cell?: string;
  by?: string;
  reason?: string;
}
export interface SignalOptions extends WordOptions {
  payload?: string;
  id?: string;
}
export interface AgainOptions extends WordOptions {
  from?: string;
  at?: number;
  input?: string[];
  inputs?: string;
  priority?: string;
  key?: string;
  follow?: boolean;
}

const PRIORITIES: readonly Priority[] = ['critical', 'high', 'normal', 'low'];

const RUN = ['<run>', 'its id, the first 8 characters of it or more, or `last`'] as const;

const wordOptions = (command: Command): Command =>
  command
    .option('--reason <text>', 'for the record, and for those who look at it later')
    .option('--by <name>', 'who says so (default: you)')
    .option('--cell <name>', 'the cell that is meant (default: the first)')
    .option('--json', 'print one JSON object');

/** What an operator says to a run. Each is a method of the orchestrator and a path of the gateway of the same name. */
export function addRunWords(runs: Command, context: CommandContext): void {
  registerPlainWords(runs, context);
  registerDecisions(runs, context);
  registerSignal(runs, context);
  registerPrioritize(runs, context);
  registerAgain(runs, context);
}

function registerPlainWords(runs: Command, context: CommandContext): void {
  const words = {
    cancel: 'Ends a run: what it does is stopped, sub-runs included, and what it did is undone where the workflow says how.',
    pause: 'Nothing new begins in the run; what runs is finished.',
    resume: 'A paused run goes on.',
    redrive: 'Takes a failed or cancelled run up again: the tasks that ended it get another attempt.',
  } as const;
  for (const [name, does] of Object.entries(words) as [keyof typeof words, string][]) {
    wordOptions(
      runs
        .command(name)
        .description(does)
        .argument(...RUN),
    ).action(
      withArguments(context, async ([run = ''], options: WordOptions, project) => {
        const { redriveRun, sayToRun } = await import('./runs-words.action.js');
        return name === 'redrive' ? redriveRun(run, options, project) : sayToRun(name, run, {}, options, project);
      }),
    );
  }
}

function registerDecisions(runs: Command, context: CommandContext): void {
  const decisions: readonly [RunAct, string][] = [
    ['approve', 'Says yes where a run asks for an approval.'],
    ['reject', 'Says no where a run asks for an approval; the step fails.'],
  ];
  for (const [name, does] of decisions) {
    wordOptions(
      runs
        .command(name)
        .description(does)
        .argument(...RUN)
        .argument('[step]', 'the step that asks; may be left out where only one does'),
    ).action(
      withArguments(context, async ([run = '', step], options: WordOptions, project) => {
        const { sayToRun } = await import('./runs-words.action.js');
        return sayToRun(name, run, step === undefined ? {} : { step }, options, project);
      }),
    );
  }
}

function registerSignal(runs: Command, context: CommandContext): void {
  wordOptions(
    runs
      .command('signal')
      .description('Tells a run something that a step of it waits for, or will.')
      .argument(...RUN)
      .argument('<name>', 'as the `wait` step names it')
      .option('--payload <json>', 'the output of the step that waits; JSON where it can be, else text')
      .option('--id <text>', 'the same id counts once, however often it is sent (default: a new one)'),
  ).action(
    withArguments(context, async ([run = '', signal = ''], options: SignalOptions, project) => {
      const { signalRun } = await import('./runs-words.action.js');
      return signalRun(run, signal, options, project);
    }),
  );
}

function registerPrioritize(runs: Command, context: CommandContext): void {
  wordOptions(
    runs
      .command('prioritize')
      .description('Another priority for the run; what waits in the queue is moved.')
      .argument(...RUN)
      .addArgument(new Argument('<priority>', 'from now on').choices(PRIORITIES)),
  ).action(
    withArguments(context, async ([run = '', priority = ''], options: WordOptions, project) => {
      const { sayToRun } = await import('./runs-words.action.js');
      return sayToRun('prioritize', run, { priority }, options, project);
    }),
  );
}

function registerAgain(runs: Command, context: CommandContext): void {
  const again = (command: Command): Command =>
    wordOptions(
      command
        .option('-i, --input <key=value>', 'instead of the input that the run had; may be repeated', collect)
        .option('--inputs <file>', 'a JSON file with inputs; single ones win over it')
        .option('--priority <name>', 'critical, high, normal or low (default: as the run)')
        .option('--key <text>', 'idempotency key: the same key gives the same run, however often it is sent')
        .option('-f, --follow', 'wait for the end, show the progress, print the output; exit 1 when the run failed'),
    );
  again(
    runs
      .command('rerun')
      .description('A new run of the same workflow; with --from, finished outputs that do not depend on that step are kept.')
      .argument(...RUN)
      .option('--from <step>', 'this step and all that follow from it are done anew (default: everything)'),
  ).action(
    withArguments(context, async ([run = ''], options: AgainOptions, project) => {
      const { beginAgain } = await import('./runs-words.action.js');
      return beginAgain('rerun', run, options.from === undefined ? {} : { from: options.from }, options, project);
    }),
  );
  again(
    runs
      .command('fork')
      .description('A new run that goes on from a place in the log of another, which stays as it is.')
      .argument(...RUN)
      .requiredOption('--at <sequence>', 'what had ended up to there is kept: see `aet runs events`', positiveInteger),
  ).action(
    withArguments(context, async ([run = ''], options: AgainOptions, project) => {
      const { beginAgain } = await import('./runs-words.action.js');
      return beginAgain('fork', run, { sequence: options.at }, options, project);
    }),
  );
}
