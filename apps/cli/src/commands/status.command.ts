import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';

export interface StatusOptions {
  json?: boolean;
}

export function registerStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('Shows the processes of the fleet, and what its hub says of them. Exit 0 when all are ready, else 1.')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      examples([
        ['aet status', 'a table; works while the gateway is down'],
        ['aet status --json', 'the same for programs'],
      ]),
    )
    .action(
      context.action(async (options: StatusOptions, project) => {
        const { status } = await import('./status.action.js');
        return status(options, project);
      }),
    );
}
