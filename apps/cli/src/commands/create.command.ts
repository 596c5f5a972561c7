import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';
import { submitOptions, type SubmitOptions } from './run.command.js';

export interface CreateOptions extends SubmitOptions {
  agent?: string;
  timeout?: string;
}

export function registerCreate(program: Command, context: CommandContext): void {
  submitOptions(
    program
      .command('create')
      .description('Gives the running fleet a single task.')
      .argument('<capability>', 'what shall be done, such as secret-scan')
      .option('--agent <name>', 'this agent, instead of any with the capability')
      .option('--timeout <duration>', 'longest time of the task, such as 30s or 5m'),
  )
    .addHelpText(
      'after',
      examples([
        ['aet create git-range -i repo=$PWD --follow', 'what changed in the last commit'],
        ['aet create test-runner -i repo=$PWD -i head=HEAD --timeout 10m', 'run the tests of a repository'],
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
