import type { AttemptScheduled, AttemptSaved, CachedFrom, CacheRule, ErrorBody, Performer, RetryPolicy } from '@aet/contracts';
import type { StepState, TaskState } from './run-state.js';
import { hasGivenUp, taskOf } from './step-state.js';
import { withEntry } from './task-list.js';

/** What an attempt at a task begins with, be it a host's or a sub-run. */
interface Begun {
  item?: number;
  attempt: number;
  retry: RetryPolicy;
  input?: unknown;
  inputs?: unknown;
  orderKey?: string;
  cache?: CacheRule;
  deadline?: string;
  saved?: unknown;
  childRunId?: string;
}

/** Tasks of a fan-out are scheduled in the order of their items, so an item's place is its index. */
export function attemptScheduled(step: StepState, begun: Begun | AttemptScheduled['data']): void {
  const { item, attempt, retry, input, inputs, orderKey, cache, deadline, saved, childRunId } = begun as Begun;
  const place = item ?? 0;
  step.status = 'running';
  step.attempts += 1;
  step.tasks = withEntry(step.tasks, place, {
    ...(item === undefined ? {} : { item }),
    input: input ?? inputs,
    attempt,
    status: 'running',
    retry,
    ...(orderKey === undefined ? {} : { orderKey }),
    ...(cache === undefined ? {} : { cache }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(saved === undefined ? {} : { saved }),
    ...(childRunId === undefined ? {} : { childRunId }),
  });
  step.failed = without(step.failed, place);
}

const without = (places: readonly number[], place: number): readonly number[] =>
  places.includes(place) ? places.filter((other) => other !== place) : places;

interface Place {
  item?: number;
  attempt: number;
}

/** Only the latest attempt counts, and until it has ended. */
function running(step: StepState, { item, attempt }: Place): TaskState | undefined {
  const task = taskOf(step, item);
  return task?.attempt === attempt && task.status === 'running' ? task : undefined;
}

export function attemptSaved(step: StepState, { saved, ...place }: AttemptSaved['data']): void {
  const task = running(step, place);
  if (task !== undefined) step.tasks = withEntry(step.tasks, task.item ?? 0, { ...task, saved });
}

type End =
  | { status: 'completed'; output: unknown; by?: Performer; cached?: CachedFrom }
  | { status: 'failed' | 'cancelled'; error: ErrorBody; by?: Performer };

export function attemptEnded(step: StepState, place: Place, end: End): void {
  const task = running(step, place);
  if (task === undefined) return;
  const after = end.status === 'completed' ? completed(task, end) : failed(task, end);
  step.tasks = withEntry(step.tasks, task.item ?? 0, after);
  const { done, givenUp } = step.counts;
  if (after.status === 'completed') step.counts = { done: done + 1, givenUp };
  else if (hasGivenUp(after)) step.counts = { done: done + 1, givenUp: givenUp + 1 };
  else step.failed = [...step.failed, task.item ?? 0];
}

/** Of a task that was completed nothing is asked any more but what it gave: a hundred thousand inputs need not be kept. */
const completed = ({ item, attempt, childRunId }: TaskState, end: Extract<End, { status: 'completed' }>): TaskState => ({
  ...(item === undefined ? {} : { item }),
  attempt,
  status: 'completed',
  ...(childRunId === undefined ? {} : { childRunId }),
  output: end.output,
  ...(end.by === undefined || item !== undefined ? {} : { by: end.by }),
  ...(end.cached === undefined ? {} : { cached: end.cached }),
});

const failed = (task: TaskState, { error, by }: Exclude<End, { status: 'completed' }>): TaskState => ({
  ...task,
  status: 'failed',
  error,
  ...(by === undefined ? {} : { by }),
});
