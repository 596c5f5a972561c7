import { WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';

export interface OneTask {
  capability: string;
  agent?: string;
  timeout?: string;
  /** Names of the task's inputs; their values travel as the run's input `task`, so no text in them is taken for an expression. */
  inputs: readonly string[];
}

/** A single task as a workflow of one step. */
export function oneTask({ capability, agent, timeout, inputs }: OneTask): WorkflowDocument {
  return {
    api: WORKFLOW_API,
    name: `task-${capability}`.slice(0, 63),
    description: `A single task: ${capability}.`,
    inputs: { task: { type: 'object', default: {} } },
    steps: {
      task: {
        task: capability,
        ...(agent === undefined ? {} : { agent }),
        ...(timeout === undefined ? {} : { timeout }),
        with: Object.fromEntries(inputs.map((key) => [key, `\${{ inputs.task.${JSON.stringify(key)} }}`])),
      },
    },
    output: '${{ steps.task }}',
  };
}
