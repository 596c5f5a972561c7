import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';

export interface TraceOptions {
  json?: boolean;
}

export function registerTrace(program: Command, context: CommandContext): void {
  program
    .command('trace')
    .description('Shows what happened under one correlation id or run id, over all services and cells, in order.')
    .argument('<id>', 'a run id, or a correlation id')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples([['aet trace 0193f2c4-7b1e-7c3a-9d55-2f6d0a3c1b77', 'the timeline of a run']]))
    .action(async (id: string, options: TraceOptions) => {
      const perform = context.action(async (given: TraceOptions, project) => {
        const { trace } = await import('./trace.action.js');
        return trace(id, given, project);
      });
      await perform(options);
    });
}
