import {
  AetError,
  assertNever,
  type ErrorBody,
  ErrorCode,
  parseDuration,
  type RunEvent,
  RunEventType,
  RunStatus,
} from '@aet/contracts';
import { Draft } from './draft.js';
import { resolveInputs } from './run-inputs.js';
import { outputOf } from './run-output.js';
import type { RunState } from './run-state.js';
import type { Complete, Expire, Fail, Redrive, RunCommand, Submit } from './run.commands.js';
import { type Circumstances, isPassed, nextEvents } from './scheduling.js';
import { revivedAttempt } from './step-attempt.js';
import { isRevivable, stepOf, taskOf } from './task-state.js';

/**
 * What follows from a command: the events to append, in order; none when it is late, doubled, superseded, or the run is over.
 * Pure: time and randomness are arguments. An expression that cannot be evaluated is a defect of the workflow and fails the run,
 * `continueOnError` or not. @throws {ValidationFailed} on a submit with wrong inputs.
 */
export function decide(state: RunState | undefined, command: RunCommand, circumstances: Circumstances): RunEvent[] {
  if (command.kind === 'submit') return state === undefined ? submit(command, circumstances) : [];
  if (command.kind === 'redrive') return state?.status === RunStatus.Failed ? redrive(state, command, circumstances) : [];
  if (state === undefined || state.status !== RunStatus.Running) return [];
  if (command.kind !== 'complete' && command.kind !== 'fail' && command.kind !== 'expire') return [];
  const draft = new Draft(state.runId, state, circumstances.now);
  for (const event of immediate(state, command, circumstances)) draft.record(event);
  if (draft.events.length > 0) advance(draft, circumstances);
  return draft.events;
}

function submit({ runId, submission }: Submit, circumstances: Circumstances): RunEvent[] {
  const draft = new Draft(runId, undefined, circumstances.now);
  const inputs = resolveInputs(submission.workflow, submission.inputs);
  draft.record({ type: RunEventType.Submitted, data: { ...submission, inputs } });
  advance(draft, circumstances);
  return draft.events;
}

function redrive(state: RunState, { kind: _kind, ...data }: Redrive, circumstances: Circumstances): RunEvent[] {
  const draft = new Draft(state.runId, state, circumstances.now);
  const revivable = Object.entries(state.steps).flatMap(([name, { tasks }]) =>
    tasks.filter((task) => isRevivable(state, name, task)).map(({ item }) => ({ name, item })),
  );
  draft.record({ type: RunEventType.Redriven, data });
  for (const { name, item } of revivable) {
    const [declared, step] = [state.workflow.steps[name], stepOf(draft.state, name)];
    const task = step === undefined ? undefined : taskOf(step, item);
    if (declared !== undefined && task !== undefined) draft.record(revivedAttempt(draft.state, name, declared, task));
  }
  advance(draft, circumstances);
  return draft.events;
}

/** The fact that a command states, before anything follows from it. */
function immediate(state: RunState, command: Complete | Fail | Expire, { now }: Circumstances): RunEvent[] {
  switch (command.kind) {
    case 'complete': {
      const { kind: _, ...data } = command;
      return isAwaited(state, command) ? [{ type: RunEventType.AttemptCompleted, data }] : [];
    }
    case 'fail': {
      const { kind: _, ...data } = command;
      return isAwaited(state, command) ? [{ type: RunEventType.AttemptFailed, data }] : [];
    }
    case 'expire':
      return isOverdue(state, now) ? [failed(overdue(state))] : [];
    default:
      return assertNever(command);
  }
}

function isAwaited(state: RunState, { step: name, item, attempt }: Complete | Fail): boolean {
  const step = stepOf(state, name);
  const task = step?.status === 'running' ? taskOf(step, item) : undefined;
  return task?.status === 'running' && task.attempt === attempt;
}

const deadlineOf = ({ workflow, submittedAt, redrivenAt = submittedAt }: RunState): number | undefined =>
  workflow.timeout === undefined ? undefined : Date.parse(redrivenAt) + parseDuration(workflow.timeout);

const isOverdue = (state: RunState, now: Date): boolean => (deadlineOf(state) ?? Infinity) <= now.getTime();

const overdue = ({ workflow }: RunState): ErrorBody => ({
  code: ErrorCode.DeadlinePassed,
  message: `the run took longer than the timeout of ${workflow.name}, ${workflow.timeout ?? ''}: raise it, or split the work`,
  retryable: false,
});

const failed = (error: ErrorBody, step?: string): RunEvent => ({
  type: RunEventType.Failed,
  data: { error, ...(step === undefined ? {} : { step }) },
});

/** Lets every step do what it can, until none can do more or the run ends. */
function advance(draft: Draft, circumstances: Circumstances): void {
  const names = Object.keys(draft.state.workflow.steps);
  for (let moved = true; moved && draft.state.status === RunStatus.Running;) {
    moved = false;
    // A failed step ends the run before anything new begins.
    if (names.some((name) => endIfFailed(draft, name))) return;
    for (const name of names) {
      const events = planned(draft, name, circumstances);
      for (const event of events) draft.record(event);
      moved ||= events.length > 0;
      if (draft.state.status !== RunStatus.Running) return;
    }
  }
  if (names.every((name) => isPassed(draft.state, name))) draft.record(ended(draft.state));
}

function endIfFailed(draft: Draft, name: string): boolean {
  const step = stepOf(draft.state, name);
  if (step?.status !== 'failed' || isPassed(draft.state, name)) return false;
  draft.record(failed(step.error ?? { code: ErrorCode.AttemptFailed, message: `step "${name}" failed`, retryable: false }, name));
  return true;
}

const planned = (draft: Draft, name: string, circumstances: Circumstances): RunEvent[] =>
  orFailure(
    () => nextEvents(draft.state, name, circumstances),
    (error) => [failed(error.toBody(), name)],
  );

const ended = (state: RunState): RunEvent =>
  orFailure<RunEvent>(
    () => ({ type: RunEventType.Completed, data: { output: outputOf(state) } }),
    (error) => failed(error.toBody()),
  );

/** A defect of the workflow ends the run; a defect of ours is thrown. */
function orFailure<T>(action: () => T, onError: (error: AetError) => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof AetError) return onError(error);
    throw error;
  }
}
