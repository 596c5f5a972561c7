import type { Lane } from '@aet/contracts';
import { type Command, Option } from 'commander';
import { collect, type CommandContext, examples } from './command-context.js';

export interface SubmitOptions {
  input?: string[];
  inputs?: string;
  priority?: 'critical' | 'high' | 'normal' | 'low';
  key?: string;
  cell?: string;
  follow?: boolean;
  json?: boolean;
  lane?: Lane;
  at?: string;
  in?: string;
}

const LANES: readonly Lane[] = ['real-time', 'parallel', 'background'];

/** Options that every command shares which gives the fleet work. */
export function submitOptions(command: Command): Command {
  return command
    .option('-i, --input <key=value>', 'one input; JSON where it can be, else text; may be repeated', collect)
    .option('--inputs <file>', 'a JSON file with the inputs; single ones win over it')
    .option('--priority <name>', 'critical, high, normal or low (default: normal)')
    .addOption(
      new Option(
        '--lane <name>',
        'how urgent it is to you: real-time (waits for the result), parallel, or background (may wait, in every sense)',
      ).choices(LANES),
    )
    .option('--at <time>', 'nothing begins before, such as 2026-11-21T18:00:00Z, or 18:00 for the next one')
    .option('--in <duration>', 'nothing begins before this time is over, such as 10m')
    .option('--key <text>', 'idempotency key: the same key gives the same run, however often it is sent')
    .option('--cell <name>', 'the cell that shall own the run (default: the first)')
    .option('-f, --follow', 'wait for the end, show the progress, print the output; exit 1 when the run failed')
    .option('--json', 'print one JSON object');
}

export function registerRun(program: Command, context: CommandContext): void {
  submitOptions(
    program.command('run').description('Submits a workflow to the running fleet.').argument('<workflow>', 'its name, or a file'),
  )
    .addHelpText(
      'after',
      examples([
        ['aet run review --input repo=$PWD --follow', 'review the last commit of this folder, and wait for it'],
        ['aet run review -i repo=/src/shop -i range=main..HEAD', 'submit and print the run id'],
        ['aet run ./release.yaml --follow', 'a file that lies anywhere; what it calls is found by name'],
        ['aet run nightly --at 23:30', 'begin tonight, whatever is restarted until then'],
        ['aet run release --inputs release.json --key release-42', 'once, however often the command is repeated'],
      ]),
    )
    .action(async (workflow: string, options: SubmitOptions) => {
      const perform = context.action(async (given: SubmitOptions, project) => {
        const { runWorkflow } = await import('./run.action.js');
        return runWorkflow(workflow, given, project);
      });
      await perform(options);
    });
}
