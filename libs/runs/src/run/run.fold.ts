import { InternalError, RunEventType, RunStatus, type StoredRunEvent, type WorkflowStep } from '@aet/contracts';
import type { RunState, StepState, TaskState } from './run-state.js';
import { countTasks, hasGivenUp, isRevivable, NO_TASKS, recount, stepOf } from './task-state.js';

type Event<T extends StoredRunEvent['type']> = Extract<StoredRunEvent, { type: T }>;

/**
 * The state after an event. Pure: the same log gives the same state in every replica, whenever it is asked. An event that the state already has
 * (by its sequence) changes nothing. @throws {InternalError} when events are missing between the state and the event: a state over a gap would be wrong in silence.
 */
export function fold(state: RunState | undefined, event: StoredRunEvent): RunState {
  if (state === undefined) return begin(event);
  if (event.sequence <= state.sequence) return state;
  if (event.sequence !== state.sequence + 1) throw gap(event, state.sequence);
  return { ...apply(state, event), sequence: event.sequence, updatedAt: event.time };
}

export const foldAll = (state: RunState | undefined, events: readonly StoredRunEvent[]): RunState | undefined =>
  events.reduce<RunState | undefined>(fold, state);

const gap = (event: StoredRunEvent, known: number): InternalError =>
  new InternalError(
    `run ${event.runId}: event ${event.sequence} (${event.type}) came after ${known}; read the log from the beginning`,
  );

function begin(event: StoredRunEvent): RunState {
  if (event.type !== RunEventType.Submitted || event.sequence !== 1) throw gap(event, 0);
  const { workflow, idempotencyKey: _, ...rest } = event.data;
  const steps = Object.keys(workflow.steps).map((name): [string, StepState] => [
    name,
    { status: 'waiting', tasks: [], counts: NO_TASKS },
  ]);
  return {
    ...rest,
    runId: event.runId,
    sequence: 1,
    status: RunStatus.Running,
    workflow,
    submittedAt: event.time,
    updatedAt: event.time,
    steps: Object.fromEntries(steps),
    attempts: { scheduled: 0, completed: 0, failed: 0 },
  };
}

function apply(state: RunState, event: StoredRunEvent): RunState {
  switch (event.type) {
    case RunEventType.Submitted:
      return state;
    case RunEventType.StepExpanded:
      return withStep(state, event, (step) => ({ ...step, status: 'running', items: event.data.items }));
    case RunEventType.StepSkipped:
      return withStep(state, event, (step) => ({ ...step, status: 'skipped', output: null }));
    case RunEventType.AttemptScheduled:
      return count(
        withStep(state, event, (step) => withTask(step, scheduled(event))),
        'scheduled',
      );
    case RunEventType.AttemptCompleted:
      return count(
        endAttempt(state, event, (task) => ({ ...task, status: 'completed', output: event.data.output })),
        'completed',
      );
    case RunEventType.AttemptFailed:
      return count(
        endAttempt(state, event, (task) => ({ ...task, status: 'failed', error: event.data.error })),
        'failed',
      );
    case RunEventType.Completed:
      return { ...state, status: RunStatus.Completed, output: event.data.output };
    case RunEventType.Failed:
      return { ...state, status: RunStatus.Failed, error: event.data.error };
    case RunEventType.Redriven:
      return redriven(state, event);
    default:
      return state;
  }
}

/** The attempts that follow in the same append belong to the tasks as they stand here: one higher than before. */
function redriven({ error: _error, ...state }: RunState, event: Event<'run.redriven'>): RunState {
  const steps = Object.entries(state.steps).map(([name, step]): [string, StepState] => {
    const revived = step.tasks.map((task) => (isRevivable(state, name, task) ? revivedTask(task) : task));
    if (revived.every((task, index) => task === step.tasks[index])) return [name, step];
    const { error: _, output: _output, finishedAt: _at, ...rest } = step;
    return [name, { ...rest, status: 'running', tasks: revived, counts: countTasks(revived) }];
  });
  return { ...state, status: RunStatus.Running, steps: Object.fromEntries(steps), redrivenAt: event.time };
}

function revivedTask({ error: _error, by: _by, finishedAt: _at, ...task }: TaskState): TaskState {
  return { ...task, status: 'running', attempt: task.attempt + 1 };
}

const count = (state: RunState, what: keyof RunState['attempts']): RunState => ({
  ...state,
  attempts: { ...state.attempts, [what]: state.attempts[what] + 1 },
});

function scheduled(event: Event<'attempt.scheduled'>): TaskState {
  const { item, input, attempt, retry, orderKey } = event.data;
  return {
    ...(item === undefined ? {} : { item }),
    input,
    attempt,
    status: 'running',
    retry,
    ...(orderKey === undefined ? {} : { orderKey }),
    scheduledAt: event.time,
  };
}

/** Tasks of a fan-out are scheduled in the order of their items, so an item's place is its index. */
function withTask(step: StepState, task: TaskState): StepState {
  const place = task.item ?? 0;
  const tasks = step.tasks.slice();
  tasks[place] = task;
  return { ...step, status: 'running', tasks, counts: recount(step.counts, step.tasks[place], task) };
}

/** Only the latest attempt can end, and once. */
function endAttempt(
  state: RunState,
  event: Event<'attempt.completed' | 'attempt.failed'>,
  end: (task: TaskState) => TaskState,
): RunState {
  const { item, attempt, by } = event.data;
  return withStep(state, event, (step) => {
    const task = step.tasks[item ?? 0];
    if (task?.attempt !== attempt || task.item !== item || task.status !== 'running') return step;
    return withTask(step, { ...end(task), by, finishedAt: event.time });
  });
}

function withStep(
  state: RunState,
  event: StoredRunEvent & { data: { step: string } },
  change: (step: StepState) => StepState,
): RunState {
  const { step: name } = event.data;
  const before = stepOf(state, name);
  const declared = state.workflow.steps[name];
  if (before === undefined || declared === undefined) return state;
  const step = settle({ startedAt: event.time, ...change(before) }, declared);
  const ended = step.status !== 'running' && step.status !== 'waiting';
  return { ...state, steps: { ...state.steps, [name]: ended ? { ...step, finishedAt: event.time } : step } };
}

/** Ends a step whose tasks have ended, or one of which gave up and may not be passed over. */
function settle(step: StepState, declared: WorkflowStep): StepState {
  if (step.status !== 'running') return step;
  const { done, givenUp } = step.counts;
  const expected = declared.map === undefined ? 1 : step.items;
  const ended = step.tasks.length === expected && done === expected;
  if (!ended && (givenUp === 0 || declared.continueOnError === true)) return step;
  const failed = givenUp === 0 ? undefined : step.tasks.find(hasGivenUp);
  if (failed?.error !== undefined && declared.continueOnError !== true) return { ...step, status: 'failed', error: failed.error };
  if (!ended) return step;
  const outputs = step.tasks.map((task) => (task.status === 'completed' ? task.output : { error: task.error }));
  const output = declared.map !== undefined ? outputs : outputs[0];
  return failed?.error === undefined
    ? { ...step, status: 'completed', output }
    : { ...step, status: 'failed', output, error: failed.error };
}
