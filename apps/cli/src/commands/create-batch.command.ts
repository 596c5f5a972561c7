import type { Command } from 'commander';
import { type CommandContext, examples, withArguments } from './command-context.js';

export interface CreateBatchOptions {
  workflow?: string;
  name?: string;
  yaml?: boolean;
  cell?: string;
  follow?: boolean;
  json?: boolean;
}

export function registerCreateBatch(program: Command, context: CommandContext): void {
  program
    .command('create-batch')
    .description(
      'Submits many runs from a file. Interrupted and given again, it goes on where it stopped: no run is begun twice, none is left out.',
    )
    .argument('<file>', 'a submit as JSON on each line, or a list of them in YAML; - for standard input')
    .option('--workflow <name>', 'of all runs: each line is an object of its inputs')
    .option('--name <text>', 'the same file under another name is another batch')
    .option('--yaml', 'standard input is YAML')
    .option('--cell <name>', 'the cell that shall own the runs (default: the first)')
    .option('-f, --follow', 'wait until all have ended')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      examples([
        ['aet create-batch runs.ndjson --follow', 'submit them all and wait for their ends'],
        ['aet create-batch repos.ndjson --workflow review', 'lines such as {"repo":"/src/shop"}'],
        ["ls -d /src/*/ | jq -R '{repo: .}' -c | aet create-batch - --workflow review", 'from another program'],
        ['aet create-batch runs.yaml --name again', 'once more, as new runs'],
      ]),
    )
    .addHelpText('after', '\nExit code 1 when a line was refused, or with --follow when a run failed.')
    .action(
      withArguments(context, async ([file = ''], options: CreateBatchOptions, project) => {
        const { createBatch } = await import('./create-batch.action.js');
        return createBatch(file, options, project);
      }),
    );
}
