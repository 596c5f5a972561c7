import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { positiveInteger } from './positive-integer.js';

export interface LogsOptions {
  follow?: boolean;
  lines: number;
  cell?: string;
  json?: boolean;
}

const DEFAULT_LINES = 50;

export function registerLogs(program: Command, context: CommandContext): void {
  program
    .command('logs')
    .description("Shows the fleet's log lines in order of time, of all services or of one. Works while the fleet is down.")
    .argument('[service]', 'such as orchestrator, agent-pc2 or nats-server (default: all)')
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .option('-n, --lines <n>', 'so many lines of the past', positiveInteger, DEFAULT_LINES)
    .option('--cell <name>', 'only of this cell')
    .option('--json', 'the lines as they are: one JSON object a line')
    .addHelpText(
      'after',
      examples([
        ['aet logs', 'the last 50 lines of all services'],
        ['aet logs orchestrator -f', 'live, of one service'],
      ]),
    )
    .action(async (service: string | undefined, options: LogsOptions) => {
      const perform = context.action(async (given: LogsOptions, project) => {
        const { logs } = await import('./logs.action.js');
        return logs(service, given, project);
      });
      await perform(options);
    });
}
