import { EFFECT_STATES, type EffectState, ValidationFailed } from '@aet/contracts';
import { type Command, Option } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface EffectOptions {
  json?: boolean;
  cell?: string;
}
export interface EffectListOptions extends EffectOptions {
  run?: string;
  state?: EffectState | 'in-doubt';
  lines?: number;
}
export interface EffectResolveOptions extends EffectOptions {
  done?: boolean;
  notDone?: boolean;
  step?: string;
  item?: number;
  result?: unknown;
  reason?: string;
}

const common = (command: Command): Command =>
  command.option('--cell <name>', 'the cell that is meant (default: the first)').option('--json', 'print one JSON object');

export function registerEffects(program: Command, context: CommandContext): void {
  const effects = program
    .command('effects')
    .description('What tasks did outside of AET: shows it, and settles what is in doubt after a crash.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet effects ls --state in-doubt', 'begun, and nobody knows whether it was done'],
        ['aet effects ls --run 0198…', 'those of one run'],
        ['aet effects resolve 0198… deploy --done', 'it was done: the step goes on with it'],
        ['aet effects resolve 0198… deploy --not-done --reason "the server has no such release"', 'it may be done again'],
      ]),
    );
  registerList(effects, context);
  registerResolve(effects, context);
}

function registerList(effects: Command, context: CommandContext): void {
  common(
    effects
      .command('ls')
      .description('Effects, newest first.')
      .option('--run <id>', 'only of this run')
      .addOption(new Option('--state <state>', 'only in this state').choices([...EFFECT_STATES, 'in-doubt']))
      .option('-n, --lines <n>', 'so many, at most 500 (default: 50)', positiveInteger),
  ).action(
    context.action(async (options: EffectListOptions, project) => {
      const { listEffects } = await import('./effects.action.js');
      return listEffects(options, project);
    }),
  );
}

function registerResolve(effects: Command, context: CommandContext): void {
  common(
    effects
      .command('resolve')
      .description('Says of an effect in doubt whether it was done. Take the failed run up again afterwards: `aet dlq retry`.')
      .argument('<run>', 'id of the run')
      .argument('<key>', 'as `aet effects ls` shows it')
      .addOption(new Option('--done', 'it was done').conflicts('notDone'))
      .option('--not-done', 'it was not done')
      .option('--step <name>', 'when several steps of the run have an effect with this key')
      .option('--item <n>', 'of a fan-out, from 0', Number)
      .option('--result <json>', 'what the effect gave, as JSON; with --done', asJson)
      .option('--reason <text>', 'for the record'),
  ).action(async (run: string, key: string, options: EffectResolveOptions) => {
    const perform = context.action(async (given: EffectResolveOptions, project) => {
      const { resolveEffect } = await import('./effects.action.js');
      return resolveEffect(run, key, given, project);
    });
    await perform(options);
  });
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const message = `--result must be JSON, and is ${text}: put a text in double quotes`;
    throw new ValidationFailed(message, [{ path: 'result', rule: 'json', message }]);
  }
}
