import type { Command } from 'commander';
import { commaList, type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface UpOptions {
  detach?: boolean;
  cells?: string[];
  slots?: number;
  json?: boolean;
}

export function registerUp(program: Command, context: CommandContext): void {
  program
    .command('up')
    .description('Starts the fleet and keeps it up until Ctrl-C, or in the background.')
    .option('-d, --detach', 'leave the fleet running in the background; stop it with `aet down`')
    .option('--cells <names>', 'whole cells to start, joined by a leaf link (default: one, called local)', commaList)
    .option('--slots <n>', 'tasks at once on each agent host', positiveInteger)
    .option('--json', 'print one JSON object when the fleet is ready')
    .addHelpText(
      'after',
      examples([
        ['aet up', 'one cell in the foreground'],
        ['aet up --detach', 'in the background: then `aet run`, `aet status`, `aet down`'],
        ['aet up --cells mainpc,pc2 --slots 4', 'two cells, four tasks at once on each host'],
      ]),
    )
    .action(
      context.action(async (options: UpOptions, project) => {
        const { up } = await import('./up.action.js');
        return up(options, project);
      }),
    );
}
