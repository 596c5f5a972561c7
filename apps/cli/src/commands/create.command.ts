import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { submitOptions, type SubmitOptions } from './run.command.js';

export interface CreateOptions extends SubmitOptions {
  agent?: string;
  timeout?: string;
  delay?: string;
  orderKey?: string;
}

export function registerCreate(program: Command, context: CommandContext): void {
  submitOptions(
    program
      .command('create')
      .description('Gives the running fleet a single task.')
      .argument('<capability>', 'what shall be done, such as secret-scan')
      .option('--agent <name>', 'this agent, instead of any with the capability')
      .option('--timeout <duration>', 'longest time of the task, such as 30s or 5m')
      .option('--delay <duration>', 'it begins no sooner, such as 10m')
      .option(
        '--order-key <key>',
        'tasks of the capability with the same key run one after the other, in the order in which they were accepted',
      ),
  )
    .addHelpText(
      'after',
      examples([
        ['aet create git-range -i repo=$PWD --follow', 'what changed in the last commit'],
        ['aet create test-runner -i repo=$PWD -i head=HEAD --timeout 10m', 'run the tests of a repository'],
        ['aet create test-runner -i repo=$PWD --delay 1h', 'the same in an hour, whatever is restarted until then'],
        ['aet create documentation -i repo=$PWD --order-key $PWD', 'after the earlier ones of that repository'],
      ]),
    )
    .action(async (capability: string, options: CreateOptions) => {
      const perform = context.action(async (given: CreateOptions, project) => {
        const { createTask } = await import('./run.action.js');
        return createTask(capability, given, project);
      });
      await perform(options);
    });
}
