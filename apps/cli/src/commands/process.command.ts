import type { Command } from 'commander';
import { collect, type CommandContext, examples } from './command-context.js';

export interface ProcessOptions {
  parallel?: boolean;
  simple?: boolean;
  input?: string[];
  inputs?: string;
  agent?: string;
  lane?: string;
  json?: boolean;
}

export function registerProcess(program: Command, context: CommandContext): void {
  program
    .command('process')
    .description('Does several tasks, in this process or by the fleet: it chooses, and says why.')
    .argument(
      '<task...>',
      'capabilities, workflows (name or file), sentences (with --agent), or one .ndjson file with a task on each line',
    )
    .option('--parallel', 'by the fleet, in the lane parallel; without a fleet in this process')
    .option('--simple', 'in this process, unless only the fleet can do it')
    .option('-i, --input <key=value>', 'one input of every task; may be repeated', collect)
    .option('--inputs <file>', 'a JSON file with inputs of every task; single ones win over it')
    .option('--agent <name>', 'this agent, for tasks that name none')
    .option('--lane <name>', 'of the fleet: real-time, parallel or background (default: parallel)')
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      examples([
        ['aet process secret-scan dependency-audit -i repo=$PWD', 'two small tasks: in this process'],
        ['aet process tasks.ndjson', 'a line for each: {"what":"secret-scan","inputs":{"repo":"."}}'],
        ['aet process --parallel tasks.ndjson', 'by the fleet, whatever their number'],
      ]),
    )
    .action(async (tasks: string[], options: ProcessOptions) => {
      const perform = context.action(async (given: ProcessOptions, project) => {
        const { processTasks } = await import('./process.action.js');
        return processTasks(tasks, given, project);
      });
      await perform(options);
    });
}
