import type { RunState, StepState, TaskState } from './run-state.js';

/** A failure after which no attempt follows: the error says that none can help, or all were used. */
export const hasGivenUp = (task: TaskState): boolean =>
  task.status === 'failed' && (task.error?.retryable !== true || task.attempt >= task.retry.attempts);

export const hasEnded = (task: TaskState): boolean => task.status === 'completed' || hasGivenUp(task);

/** In a failed run: what ended it, and what its end interrupted. These have another attempt when it is taken up again. */
export function isRevivable(state: RunState, name: string, task: TaskState): boolean {
  const step = stepOf(state, name);
  if (step?.status === 'running') return !hasEnded(task);
  return step?.status === 'failed' && state.workflow.steps[name]?.continueOnError !== true && task.status !== 'completed';
}

/** Names come from the wire: `constructor` must not find the prototype's. */
export const stepOf = (state: RunState, name: string): StepState | undefined =>
  Object.hasOwn(state.steps, name) ? state.steps[name] : undefined;

export const taskOf = (step: StepState, item: number | undefined): TaskState | undefined =>
  step.tasks.find((task) => task.item === item);
