import type { Command } from 'commander';
import { collect, type CommandContext, examples } from './command-context.js';

export interface SimpleOptions {
  input?: string[];
  inputs?: string;
  agent?: string;
  timeout?: string;
  resume?: string;
  approve?: string;
  reject?: string;
  reason?: string;
  signal?: string;
  show?: string;
  list?: boolean;
  export?: string;
  json?: boolean;
}

export function registerSimple(program: Command, context: CommandContext): void {
  program
    .command('simple')
    .description('Does a task or a workflow in this one process: no fleet, no services. Its log stays in .aet/simple/.')
    .argument('[what]', 'a capability, a workflow (name or file), or in words what shall be done (with --agent)')
    .option('-i, --input <key=value>', 'one input; JSON where it can be, else text; may be repeated', collect)
    .option('--inputs <file>', 'a JSON file with the inputs; single ones win over it')
    .option('--agent <name>', 'this agent, instead of any with the capability')
    .option('--timeout <duration>', 'longest time of a single task, such as 30s or 5m')
    .option('--resume <run>', 'go on with a run that was interrupted, or that waits')
    .option('--approve <step>', 'with --resume: say yes to an approval')
    .option('--reject <step>', 'with --resume: say no')
    .option('--reason <text>', 'why, for the record')
    .option('--signal <name[=value]>', 'with --resume: give the signal that a step waits for; the value is JSON where it can be')
    .option('--show <run>', 'print a run and its events, and do nothing')
    .option('--list', 'print the runs of this project, newest first')
    .option('--export <run>', 'print an ended run in the format of `aet runs import`: a fleet can take it into its record')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      examples([
        ['aet simple secret-scan -i repo=$PWD -i head=HEAD', 'one task'],
        ['aet simple review -i repo=$PWD', 'a workflow by its name; a file works as well: ./release.yaml'],
        ['aet simple "explain the last commit" --agent architect', 'a task in words'],
        ['aet simple --resume 0192f0c1-…', 'after Ctrl-C twice, kill -9, or a power cut'],
        ['aet simple --resume 0192f0c1-… --approve release', 'when there was no terminal to ask on'],
        ['aet simple --export 0192f0c1-… | aet runs import -', "hand a run to a fleet's record"],
      ]),
    )
    .action(async (what: string | undefined, options: SimpleOptions) => {
      const perform = context.action(async (given: SimpleOptions, project) => {
        const { simple } = await import('./simple.action.js');
        return simple(what, given, project);
      });
      await perform(options);
    });
}
