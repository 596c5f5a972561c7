import type { RunState, StepState, TaskCounts, TaskState } from './run-state.js';

/** A failure after which no attempt follows: the error says that none can help, or all were used. */
export const hasGivenUp = (task: TaskState): boolean =>
  task.status === 'failed' && (task.error?.retryable !== true || task.attempt >= task.retry.attempts);

export const hasEnded = (task: TaskState): boolean => task.status === 'completed' || hasGivenUp(task);

export const NO_TASKS: TaskCounts = { done: 0, givenUp: 0, failed: 0 };

export const countTasks = (tasks: readonly TaskState[]): TaskCounts =>
  tasks.reduce((counts, task) => recount(counts, undefined, task), NO_TASKS);

/** The counts after a task took the place of what it was before. */
export function recount(counts: TaskCounts, before: TaskState | undefined, after: TaskState): TaskCounts {
  const was = before === undefined ? undefined : endOf(before);
  const is = endOf(after);
  if (was === is) return counts;
  const change = (end: ReturnType<typeof endOf>): number => Number(is === end) - Number(was === end);
  return {
    done: counts.done + change('completed') + change('given-up'),
    givenUp: counts.givenUp + change('given-up'),
    failed: counts.failed + change('failed'),
  };
}

function endOf(task: TaskState): 'completed' | 'given-up' | 'failed' | undefined {
  if (task.status === 'failed') return hasGivenUp(task) ? 'given-up' : 'failed';
  return task.status === 'completed' ? 'completed' : undefined;
}

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
  // The tasks of a fan-out stand at the index of their item.
  step.tasks[item ?? 0]?.item === item ? step.tasks[item ?? 0] : undefined;
