import { type Command, InvalidArgumentError } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface QueueOptions {
  json?: boolean;
  cell?: string;
  reason?: string;
  burst?: number;
}

const queueOptions = (command: Command): Command =>
  command.option('--cell <name>', 'the cell that is meant (default: the first)').option('--json', 'print one JSON object');

export function registerQueue(program: Command, context: CommandContext): void {
  const queue = program
    .command('queue')
    .description('Shows what waits by capability; pauses, resumes and limits capabilities on all hosts of a cell.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet queue ls', 'what waits, runs, is paused or limited'],
        ['aet queue ls --json', 'the same for programs'],
        [
          'aet queue pause test-runner --reason "disk full"',
          'finish what runs, take nothing new, on any host, until it is resumed',
        ],
        ['aet queue resume test-runner', 'go on'],
        ['aet queue rate test-runner 5 --burst 10', 'at most 5 begin per second, 10 at once after a quiet time'],
        ['aet queue rate test-runner configured', 'as work.rates of the configuration says'],
      ]),
    );
  registerList(queue, context);
  registerPauseAndResume(queue, context);
  registerRate(queue, context);
}

function registerList(queue: Command, context: CommandContext): void {
  queueOptions(queue.command('ls').description('Capabilities with their tasks, and how full the streams of work are.')).action(
    context.action(async (options: QueueOptions, project) => {
      const { listQueue } = await import('./queue.action.js');
      return listQueue(options, project);
    }),
  );
}

function registerPauseAndResume(queue: Command, context: CommandContext): void {
  for (const act of ['pause', 'resume'] as const) {
    const does = {
      pause: 'Takes nothing new of a capability, on any host of the cell; what runs is finished. Survives every restart.',
      resume: 'Takes tasks of a paused capability again.',
    }[act];
    queueOptions(
      queue
        .command(act)
        .description(does)
        .argument('<capability>', 'such as test-runner')
        .option('--reason <text>', 'for the record, and for those who see it in `aet queue ls`'),
    ).action(async (capability: string, options: QueueOptions) => {
      const perform = context.action(async (given: QueueOptions, project) => {
        const { pauseOrResume } = await import('./queue.action.js');
        return pauseOrResume(act, capability, given, project);
      });
      await perform(options);
    });
  }
}

function registerRate(queue: Command, context: CommandContext): void {
  queueOptions(
    queue
      .command('rate')
      .description(
        'How many tasks of a capability may begin, on all hosts of the cell together. Lasts until it is said otherwise.',
      )
      .argument('<capability>', 'such as test-runner')
      .argument('<per-second>', 'a number such as 5 or 0.1, `unlimited`, or `configured`', rateOrRule)
      .option('--burst <n>', "so many at once after a quiet time (default: one second's)", positiveInteger)
      .option('--reason <text>', 'for the record'),
  ).action(async (capability: string, rate: number | 'unlimited' | 'configured', options: QueueOptions) => {
    const perform = context.action(async (given: QueueOptions, project) => {
      const { setRate } = await import('./queue.action.js');
      return setRate(capability, rate, given, project);
    });
    await perform(options);
  });
}

function rateOrRule(text: string): number | 'unlimited' | 'configured' {
  if (text === 'unlimited' || text === 'configured') return text;
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text) || Number(text) === 0) {
    throw new InvalidArgumentError('it must be a number of tasks per second above 0, `unlimited`, or `configured`');
  }
  return Number(text);
}
