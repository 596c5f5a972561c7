import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface BatchOptions {
  json?: boolean;
  cell?: string;
  lines?: number;
}

export function registerBatches(program: Command, context: CommandContext): void {
  program
    .command('batches')
    .description("Model requests that went to their provider together, at a lower price, as their tasks' deadlines are far.")
    .command('ls')
    .description('Batches, newest first.')
    .option('-n, --lines <n>', 'so many, at most 500 (default: 50)', positiveInteger)
    .option('--cell <name>', 'the cell that is meant (default: the first)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      examples([
        ['aet batches ls', 'what waits, lies with the provider, and has ended'],
        ['aet batches ls -n 5 --json', 'for programs'],
      ]),
    )
    .action(
      context.action(async (options: BatchOptions, project) => {
        const { listBatches } = await import('./batches.action.js');
        return listBatches(options, project);
      }),
    );
}
