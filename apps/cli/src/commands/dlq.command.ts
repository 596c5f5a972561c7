import { DEAD_LETTER_REASONS, type DeadLetterReason } from '@aet/contracts';
import { type Command, Option } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface DlqOptions {
  json?: boolean;
  cell?: string;
}
export interface DlqListOptions extends DlqOptions {
  capability?: string;
  reason?: DeadLetterReason;
  lines?: number;
  before?: number;
}
export interface DlqActOptions extends DlqOptions {
  reason?: string;
}

const common = (command: Command): Command =>
  command.option('--cell <name>', 'the cell that is meant (default: the first)').option('--json', 'print one JSON object');

export function registerDlq(program: Command, context: CommandContext): void {
  const dlq = program
    .command('dlq')
    .description('Tasks that could not be done: shows them, sends them again, removes them.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet dlq ls --capability test-runner', 'the newest dead letters of a capability'],
        ['aet dlq ls --reason poison --json', 'for programs'],
        ['aet dlq show 17', 'one of them: its task, and every attempt'],
        ['aet dlq retry 17', 'take its run up again, when the cause is gone'],
        ['aet dlq drop 17 --reason "the branch is deleted"', 'nobody needs it any more'],
      ]),
    );
  registerList(dlq, context);
  registerShow(dlq, context);
  registerActs(dlq, context);
}

function registerList(dlq: Command, context: CommandContext): void {
  common(
    dlq
      .command('ls')
      .description('Dead letters, newest first.')
      .option('--capability <name>', 'only of this capability')
      .addOption(new Option('--reason <reason>', 'only with this reason').choices([...DEAD_LETTER_REASONS]))
      .option('-n, --lines <n>', 'so many, at most 200 (default: 50)', positiveInteger)
      .option('--before <number>', 'only older ones: what the page before says at its end', positiveInteger),
  ).action(
    context.action(async (options: DlqListOptions, project) => {
      const { listLetters } = await import('./dlq.action.js');
      return listLetters(options, project);
    }),
  );
}

function registerShow(dlq: Command, context: CommandContext): void {
  common(
    dlq
      .command('show')
      .description('A dead letter with its task and every attempt.')
      .argument('<number>', 'as `aet dlq ls` shows it', positiveInteger),
  ).action(async (sequence: number, options: DlqOptions) => {
    const perform = context.action(async (given: DlqOptions, project) => {
      const { showLetter } = await import('./dlq.action.js');
      return showLetter(sequence, given, project);
    });
    await perform(options);
  });
}

function registerActs(dlq: Command, context: CommandContext): void {
  const acts = [
    [
      'retry',
      "Takes the letter's run up again: every task that had given up gets another attempt, and the run goes on from there. The run's log says so.",
    ],
    ['drop', 'Removes a dead letter for good. Who did it and why is recorded.'],
  ] as const;
  for (const [act, does] of acts) {
    const command = dlq.command(act).description(does).argument('<number>', 'as `aet dlq ls` shows it', positiveInteger);
    if (act === 'drop') command.requiredOption('--reason <text>', 'why nobody needs it any more; for the record');
    else command.option('--reason <text>', 'for the record');
    common(command).action(async (sequence: number, options: DlqActOptions) => {
      const perform = context.action(async (given: DlqActOptions, project) => {
        const { dropLetter, retryLetter } = await import('./dlq.action.js');
        return (act === 'drop' ? dropLetter : retryLetter)(sequence, given, project);
      });
      await perform(options);
    });
  }
}
