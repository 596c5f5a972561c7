import { parseDuration, ValidationFailed } from '@aet/contracts';
import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface CacheOptions {
  json?: boolean;
  cell?: string;
}
export interface CacheListOptions extends CacheOptions {
  capability?: string;
  workflow?: string;
  lines?: number;
}
export interface CacheDropOptions extends CacheOptions {
  capability?: string;
  workflow?: string;
  olderThan?: number;
  reason?: string;
}

const common = (command: Command): Command =>
  command.option('--cell <name>', 'the cell that is meant (default: the first)').option('--json', 'print one JSON object');

export function registerCache(program: Command, context: CommandContext): void {
  const cache = program
    .command('cache')
    .description('Results that later attempts take instead of doing the same again: shows them, forgets them.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet cache ls --capability test-runner', 'what is kept of a capability, last used first'],
        ['aet cache show 3fa8c1', 'one of them: its files and its output'],
        ['aet cache drop --capability test-runner', 'forget all of a capability'],
        ['aet cache drop --older-than 24h', 'what was made more than a day ago'],
        ['aet cache drop --older-than 0s', 'everything'],
      ]),
    );
  common(
    cache
      .command('ls')
      .description('Kept results, last used first.')
      .option('--capability <name>', 'only of this capability')
      .option('--workflow <name>', 'only of this workflow')
      .option('-n, --lines <n>', 'so many, at most 500 (default: 50)', positiveInteger),
  ).action(
    context.action(async (options: CacheListOptions, project) => {
      const { listCached } = await import('./cache.action.js');
      return listCached(options, project);
    }),
  );
  registerShow(cache, context);
  registerDrop(cache, context);
}

function registerShow(cache: Command, context: CommandContext): void {
  common(
    cache
      .command('show')
      .description('A kept result with its files and its output.')
      .argument('<key>', 'its key, or the first six digits or more'),
  ).action(async (key: string, options: CacheOptions) => {
    const perform = context.action(async (given: CacheOptions, project) => {
      const { showCached } = await import('./cache.action.js');
      return showCached(key, given, project);
    });
    await perform(options);
  });
}

function registerDrop(cache: Command, context: CommandContext): void {
  common(
    cache
      .command('drop')
      .description('Forgets kept results: those to which all that is given applies. Who did it and why is recorded.')
      .argument('[key]', 'of one: its key, or the first six digits or more')
      .option('--capability <name>', 'of this capability')
      .option('--workflow <name>', 'made in runs of this workflow')
      .option('--older-than <time>', 'made longer ago, such as 30m or 24h (0s: all)', age)
      .option('--reason <text>', 'for the record'),
  ).action(async (key: string | undefined, options: CacheDropOptions) => {
    const perform = context.action(async (given: CacheDropOptions, project) => {
      const { dropCached } = await import('./cache.action.js');
      return dropCached(key, given, project);
    });
    await perform(options);
  });
}

function age(text: string): number {
  if (/^0(ms|s|m|h)?$/.test(text)) return 0;
  try {
    return parseDuration(text);
  } catch {
    const message = `--older-than must be a time such as 30m or 24h, and is ${text}`;
    throw new ValidationFailed(message, [{ path: 'olderThanMs', rule: 'duration', message }]);
  }
}
