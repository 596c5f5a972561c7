import type { Command } from 'commander';
import { type CommandContext, examples } from './command-context.js';

export interface WorkflowOptions {
  json?: boolean;
}
export interface GraphOptions extends WorkflowOptions {
  mermaid?: boolean;
  text?: boolean;
}

const WHAT = 'a file (YAML or JSON), or the name of a workflow of the project or of those that are shipped';

/** Nothing here needs a running fleet. */
export function registerWorkflow(program: Command, context: CommandContext): void {
  const workflow = program
    .command('workflow')
    .description('Checks, shows and draws workflows, from files or by name. Needs no running fleet.')
    .addHelpText(
      'afterAll',
      examples([
        ['aet workflow validate release.yaml', 'every problem with its line; exit code 1 when there is one'],
        ['aet workflow validate .aet/workflows/*.yaml', 'all of a project; they may call one another'],
        ['aet workflow show review', 'what it takes, what it does'],
        ['aet workflow graph review', 'its steps and what waits for what, drawn in the terminal'],
        ['aet workflow graph review --mermaid > review.mmd', 'the same for a page'],
        ['aet workflow ls --json', 'what this project can run'],
      ]),
    );
  registerValidate(workflow, context);
  registerShow(workflow, context);
  registerGraph(workflow, context);
  registerList(workflow, context);
}

function registerValidate(workflow: Command, context: CommandContext): void {
  workflow
    .command('validate')
    .description('Says everything that is wrong, with file, line and column; also of the workflows that they call.')
    .argument('<what...>', WHAT)
    .option('--json', 'print one JSON object')
    .action(async (what: string[], options: WorkflowOptions) => {
      const perform = context.action(async (given: WorkflowOptions, project) => {
        const { validateWorkflows } = await import('./workflow.action.js');
        return validateWorkflows(what, given, project);
      });
      await perform(options);
    });
}

function registerShow(workflow: Command, context: CommandContext): void {
  workflow
    .command('show')
    .description('Its inputs, its steps, and the document.')
    .argument('<what>', WHAT)
    .option('--json', 'print one JSON object: the document, its hash, and those of the workflows that it calls')
    .action(async (what: string, options: WorkflowOptions) => {
      const perform = context.action(async (given: WorkflowOptions, project) => {
        const { showWorkflow } = await import('./workflow.action.js');
        return showWorkflow(what, given, project);
      });
      await perform(options);
    });
}

function registerGraph(workflow: Command, context: CommandContext): void {
  workflow
    .command('graph')
    .description('Draws its steps and what waits for what.')
    .argument('<what>', WHAT)
    .option('--mermaid', 'as a Mermaid flowchart, for pages')
    .option('--text', 'in the terminal (the default)')
    .option('--json', 'print one JSON object: nodes and edges')
    .action(async (what: string, options: GraphOptions) => {
      const perform = context.action(async (given: GraphOptions, project) => {
        const { drawWorkflow } = await import('./workflow.action.js');
        return drawWorkflow(what, given, project);
      });
      await perform(options);
    });
}

function registerList(workflow: Command, context: CommandContext): void {
  workflow
    .command('ls')
    .description('The workflows of the project and those that are shipped; of two with one name the project has its own.')
    .option('--json', 'print one JSON object')
    .action(
      context.action(async (options: WorkflowOptions, project) => {
        const { listWorkflows } = await import('./workflow.action.js');
        return listWorkflows(options, project);
      }),
    );
}
