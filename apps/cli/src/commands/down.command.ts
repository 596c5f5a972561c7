import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';

export interface DownOptions {
  json?: boolean;
}

export function registerDown(program: Command, context: CommandContext): void {
  program
    .command('down')
    .description('Stops the fleet of this folder in order, and what a killed supervisor left.')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      examples([
        ['aet down', 'stop; does nothing when no fleet runs'],
        ['aet -C ../shop down', 'stop the fleet of another folder'],
      ]),
    )
    .action(
      context.action(async (options: DownOptions, project) => {
        const { down } = await import('./down.action.js');
        return down(options, project);
      }),
    );
}
