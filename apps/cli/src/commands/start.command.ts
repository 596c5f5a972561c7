import type { Command } from 'commander';
import { commaList, type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface StartOptions {
  once?: boolean;
  repo?: string;
  range?: string;
  cells?: string[];
  slots?: number;
  json?: boolean;
}

export function registerStart(program: Command, context: CommandContext): void {
  program
    .command('start')
    .description('Starts the fleet in the foreground, reviews a repository and prints the report; then stays up until Ctrl-C.')
    .option('--once', 'stop the fleet after the review; exit 0 when it completed')
    .option('--repo <path>', 'the git repository to review (default: the project)')
    .option('--range <A..B>', 'the commits to review (default: the last one)')
    .option('--cells <names>', 'whole cells to start, joined by a leaf link (default: one, called local)', commaList)
    .option('--slots <n>', 'tasks at once on each agent host', positiveInteger)
    .option('--json', 'print one JSON object instead of text; progress goes to standard error')
    .addHelpText(
      'after',
      examples([
        ['aet start', 'review the last commit of the repository around the current folder'],
        ['aet start --once --repo ../shop --range main..HEAD', 'review a branch of another repository, then stop'],
        ['aet start --cells mainpc,pc2', 'the same over two cells on this machine'],
      ]),
    )
    .action(
      context.action(async (options: StartOptions, project) => {
        const { start } = await import('./start.action.js');
        return start(options, project);
      }),
    );
}
