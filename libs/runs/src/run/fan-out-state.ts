import { type ErrorBody, ErrorCode, type FanOut, type WorkflowStep } from '@aet/contracts';
import type { FanOutState, StepState, TaskState } from './run-state.js';
import { hasGivenUp, tasksOf } from './step-state.js';
import { entriesOf, listOf } from './task-list.js';

export function expanded(step: StepState, items: number, declared: WorkflowStep | undefined): void {
  step.status = 'running';
  step.fan = fanOutState(items, declared?.map, declared?.continueOnError === true);
}

function fanOutState(items: number, { quorum, tolerate }: Partial<FanOut> = {}, mayFail: boolean): FanOutState {
  const needed = quorum === undefined ? undefined : Math.max(1, share(quorum, items, Math.ceil));
  const tolerated = tolerate === undefined ? spare(items, needed, mayFail) : share(tolerate, items, Math.floor);
  return {
    items,
    ...(needed === undefined ? {} : { quorum: needed }),
    ...(tolerated === undefined ? {} : { tolerate: tolerated }),
  };
}

/** How many may fail when the step does not say it: as many as leave its quorum within reach. */
const spare = (items: number, quorum: number | undefined, mayFail: boolean): number | undefined =>
  mayFail ? undefined : Math.max(0, items - (quorum ?? items));

/** `3`, or `60%` of all. */
function share(amount: number | string, of: number, round: (exact: number) => number): number {
  if (typeof amount === 'number') return amount;
  const number = Number.parseFloat(amount);
  return amount.trim().endsWith('%') ? round((number * of) / 100) : number;
}

/** Enough was done, or too much went wrong: what has not ended is not waited for. */
export function concluded(step: StepState, reason: 'quorum' | 'tolerance'): void {
  step.concluded = reason;
  step.failed = [];
  step.tasks = listOf(Array.from(entriesOf(step.tasks), (task) => (isOpen(task) ? cancelled(task) : task)));
}

const isOpen = (task: TaskState): boolean => task.status === 'running' || (task.status === 'failed' && !hasGivenUp(task));
const cancelled = (task: TaskState): TaskState => ({ ...task, status: 'cancelled' });

/** Its tasks have ended, or enough of them. What it gives is still to be made of them, where it declares `collect`. */
export const isGathered = ({ fan, tasks, counts, concluded: early }: StepState): boolean =>
  fan !== undefined && (early === 'quorum' || (tasks.length === fan.items && counts.done === fan.items));

/** The outputs of a fan-out in the order of its items; null for what was not waited for. */
export function outputsOf(step: StepState): unknown[] {
  const outputs = Array.from(tasksOf(step), (task) =>
    task.status === 'completed' ? task.output : hasGivenUp(task) ? { error: task.error } : null,
  );
  return [...outputs, ...Array<null>((step.fan?.items ?? outputs.length) - outputs.length).fill(null)];
}

/** Ends a step whose tasks have ended, or too many of which gave up. */
export function settled(step: StepState, declared: WorkflowStep | undefined): void {
  if (step.status !== 'running') return;
  if (step.fan === undefined) return settleTask(step, declared);
  const { tolerate, quorum = Infinity } = step.fan;
  const { done, givenUp } = step.counts;
  const isOver = givenUp > (tolerate ?? Infinity);
  if (!isOver && !isGathered(step)) return;
  if (isOver || (tolerate === undefined && givenUp > 0 && done - givenUp < quorum)) {
    return fail(step, declared, firstError(step), () => outputsOf(step));
  }
  if (declared?.map?.collect !== undefined) return;
  step.status = 'completed';
  step.output = outputsOf(step);
}

function settleTask(step: StepState, declared: WorkflowStep | undefined): void {
  if (step.counts.done === 0) return;
  const [task] = tasksOf(step);
  if (task?.status !== 'completed') return fail(step, declared, task?.error);
  step.status = 'completed';
  step.output = task.output;
}

/** Nobody sees the output of a step whose failure ends the run. */
export function fail(
  step: StepState,
  declared: WorkflowStep | undefined,
  error: ErrorBody = { code: ErrorCode.AttemptFailed, message: 'it failed without a reason', retryable: false },
  output: () => unknown = () => ({ error }),
): void {
  step.status = 'failed';
  step.error = error;
  if (declared?.continueOnError === true) step.output = output();
}

function firstError(step: StepState): ErrorBody | undefined {
  for (const task of tasksOf(step)) if (hasGivenUp(task)) return task.error;
  return undefined;
}
