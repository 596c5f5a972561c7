import { WORKFLOW_API, type WorkflowDocument } from '@aet/contracts';

export interface OneTask {
  capability: string;
  agent?: string;
  timeout?: string;
  delay?: string;
  /** The run has the input `orderKey`, by which the task is ordered. */
  ordered?: boolean;
  /** Names of the task's inputs; their values travel as the run's input `task`, so no text in them is taken for an expression. */
  inputs: readonly string[];
}

/** A single task as a workflow of one step. */
export function oneTask({ capability, agent, timeout, delay, ordered, inputs }: OneTask): WorkflowDocument {
  return {
    api: WORKFLOW_API,
    name: `task-${capability}`.slice(0, 63),
    description: `A single task: ${capability}.`,
    inputs: {
      task: { type: 'object', default: {} },
      ...(ordered === true ? { orderKey: { type: 'string', required: true } } : {}),
    },
    steps: {
      task: {
        task: capability,
        ...(agent === undefined ? {} : { agent }),
        ...(timeout === undefined ? {} : { timeout }),
        ...(delay === undefined ? {} : { delay }),
        ...(ordered === true ? { orderKey: '${{ inputs.orderKey }}' } : {}),
        with: Object.fromEntries(inputs.map((key) => [key, `\${{ inputs.task.${JSON.stringify(key)} }}`])),
      },
    },
    output: '${{ steps.task }}',
  };
}
