import { RunStatus, type WorkflowStep } from '@aet/contracts';
import type { RunState, StepState, TaskState } from './run-state.js';
import { emptyList, entriesOf, entryAt } from './task-list.js';

/** Shared by every run: whoever changes it changes a copy. */
export const WAITING: Readonly<StepState> = Object.freeze({
  status: 'waiting' as const,
  tasks: emptyList<TaskState>(),
  counts: { done: 0, givenUp: 0 },
  failed: [],
  attempts: 0,
});

/** A failure after which no attempt follows: the error says that none can help, or all were used. */
export const hasGivenUp = (task: TaskState): boolean =>
  task.status === 'failed' &&
  task.revived !== true &&
  (task.error?.retryable !== true || task.attempt >= (task.retry?.attempts ?? 1));

export const hasEnded = (task: TaskState): boolean => task.status === 'completed' || hasGivenUp(task);

/** In a run that failed or was cancelled: what ended it, and what its end interrupted. These have another attempt when it is taken up again. */
export function isRevivable(state: RunState, name: string, task: TaskState): boolean {
  const step = stepOf(state, name);
  if (step?.status === 'running') return !hasEnded(task) && task.status !== 'cancelled';
  return step?.status === 'failed' && !mayFail(state, name) && task.status !== 'completed';
}

/** The run goes on when the step has failed. */
export const mayFail = (state: RunState, name: string): boolean => declaredStep(state, name)?.continueOnError === true;

/** Ended, and in a way with which the run goes on. */
export const isPassed = (state: RunState, name: string): boolean => {
  const status = stepOf(state, name)?.status;
  return status === 'completed' || status === 'skipped' || (status === 'failed' && mayFail(state, name));
};

/** Names come from the wire: `constructor` must not find the prototype's. */
export const stepOf = (state: RunState, name: string): StepState | undefined =>
  Object.hasOwn(state.steps, name) ? state.steps[name] : undefined;

/** The step as the document says it; of a compensation, what undoes its step. */
export function declaredStep({ workflow }: RunState, name: string): WorkflowStep | undefined {
  if (Object.hasOwn(workflow.steps, name)) return workflow.steps[name];
  const undone = undoneStep(name);
  return undone !== undefined && Object.hasOwn(workflow.steps, undone) ? workflow.steps[undone]?.compensate : undefined;
}

/** Its steps go on; results are taken. */
export const isUnderWay = ({ status }: RunState): boolean => status === RunStatus.Running || status === RunStatus.Paused;

/** Results of its attempts are taken: while the run is being undone, those of compensations only. */
export function isOpenStep(state: RunState, name: string): boolean {
  if (stepOf(state, name)?.status !== 'running') return false;
  return undoneStep(name) === undefined ? isUnderWay(state) : state.status === RunStatus.Compensating;
}

export const taskOf = (step: StepState, item: number | undefined): TaskState | undefined => {
  // The tasks of a fan-out stand at the index of their item.
  const task = entryAt(step.tasks, item ?? 0);
  return task?.item === item ? task : undefined;
};

export const tasksOf = (step: StepState): Iterable<TaskState> => entriesOf(step.tasks);

const UNDO = '~undo';
/** The attempts that undo a step stand under a name that no step of a document can have. */
export const undoName = (step: string): string => `${step}${UNDO}`;
export const undoneStep = (name: string): string | undefined => (name.endsWith(UNDO) ? name.slice(0, -UNDO.length) : undefined);
