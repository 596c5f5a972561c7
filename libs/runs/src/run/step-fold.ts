import { ErrorCode, RunEventType, type StoredRunEvent, type WorkflowStep } from '@aet/contracts';
import { concluded, expanded, fail, settled } from './fan-out-state.js';
import type { RunState, StepState } from './run-state.js';
import type { StateEdit } from './state-edit.js';
import { declaredStep, undoneStep, WAITING } from './step-state.js';
import { attemptEnded, attemptSaved, attemptScheduled } from './task-fold.js';

const PREFIXES = ['step.', 'branch.', 'checkpoint.', 'wait.', 'approval.', 'child.', 'attempt.'] as const;
type Prefix = (typeof PREFIXES)[number];
export type StepEvent = Extract<StoredRunEvent, { type: `${Prefix}${string}` }>;
type Event<T extends StepEvent['type']> = Extract<StepEvent, { type: T }>;

const STEP_EVENTS: ReadonlySet<string> = new Set(
  Object.values<string>(RunEventType).filter((type) => PREFIXES.some((prefix) => type.startsWith(prefix))),
);

/** It is about one step, which its data name. */
export const isStepEvent = (event: StoredRunEvent): event is StepEvent => STEP_EVENTS.has(event.type);

/** A step that the run does not have is passed over. */
export function applyToStep(edit: StateEdit, event: StepEvent): void {
  const step = edit.step(event.data.step) ?? undoing(edit, event.data.step);
  if (step === undefined) return;
  const before = step.status;
  step.startedAt ??= event.time;
  change(edit.state, step, event);
  settled(step, declaredStep(edit.state, event.data.step));
  const ended = step.status !== 'running' && step.status !== 'waiting';
  if (!ended || before === step.status) return;
  step.finishedAt = event.time;
  step.endedWith = event.sequence;
}

/** The pseudo-step of a compensation begins with its first event. */
function undoing(edit: StateEdit, name: string): StepState | undefined {
  const isUndo = undoneStep(name) !== undefined && declaredStep(edit.state, name) !== undefined;
  return isUndo ? edit.put(name, { ...WAITING }) : undefined;
}

function change(state: RunState, step: StepState, event: StepEvent): void {
  switch (event.type) {
    case RunEventType.AttemptScheduled:
      state.attempts = { ...state.attempts, scheduled: state.attempts.scheduled + 1 };
      return attemptScheduled(step, event.data);
    case RunEventType.ChildRequested:
      return attemptScheduled(step, event.data);
    case RunEventType.AttemptSaved:
      return attemptSaved(step, event.data);
    case RunEventType.AttemptCompleted:
      state.attempts = { ...state.attempts, completed: state.attempts.completed + 1 };
      return attemptEnded(step, event.data, { status: 'completed', ...event.data });
    case RunEventType.AttemptFailed:
      state.attempts = { ...state.attempts, failed: state.attempts.failed + 1 };
      return attemptEnded(step, event.data, { status: 'failed', ...event.data });
    case RunEventType.ChildEnded:
      return attemptEnded(step, event.data, event.data);
    default:
      return changeWhole(state, step, event);
  }
}

type TaskEvent = Event<`attempt.${string}` & StepEvent['type']> | Event<`child.${string}` & StepEvent['type']>;

function changeWhole(state: RunState, step: StepState, event: Exclude<StepEvent, TaskEvent>): void {
  switch (event.type) {
    case RunEventType.StepKept:
      return kept(step, event.data);
    case RunEventType.StepExpanded:
      return expanded(step, event.data.items, declaredStep(state, event.data.step));
    case RunEventType.StepSkipped:
      step.status = 'skipped';
      step.output = null;
      if (event.data.branch !== undefined) step.branch = event.data.branch;
      return;
    case RunEventType.StepConcluded:
      return concluded(step, event.data.reason);
    case RunEventType.StepCollected:
      step.output = event.data.output;
      step.status = 'completed';
      return;
    case RunEventType.StepFailed:
      return fail(step, declaredStep(state, event.data.step), event.data.error);
    case RunEventType.BranchTaken:
      return completed(step, { taken: event.data.taken });
    case RunEventType.CheckpointReached:
      return completed(step, event.data.data);
    case RunEventType.WaitBegun: {
      const { step: _, ...wait } = event.data;
      Object.assign(step, { status: 'running', wait });
      return;
    }
    case RunEventType.WaitEnded:
      if (event.data.signalId !== undefined) state.signals = taken(state, event.data.signalId, event.data.step);
      return completed(step, event.data.output);
    case RunEventType.ApprovalRequested: {
      const { step: _, ...approval } = event.data;
      Object.assign(step, { status: 'running', approval });
      return;
    }
    case RunEventType.ApprovalDecided:
      return decided(step, declaredStep(state, event.data.step), event);
    default:
      return event satisfies never;
  }
}

function kept(step: StepState, { status, output, error, items, branch }: Event<'step.kept'>['data']): void {
  Object.assign(step, { status, output, kept: true });
  if (error !== undefined) step.error = error;
  if (branch !== undefined) step.branch = branch;
  if (items === undefined) return;
  step.fan = { items };
  step.counts = { done: items, givenUp: 0 };
}

function completed(step: StepState, output: unknown): void {
  step.status = 'completed';
  step.output = output;
}

const taken = ({ signals }: RunState, id: string, step: string): RunState['signals'] =>
  signals.map((signal) => {
    if (signal.id !== id) return signal;
    const { payload: _, ...rest } = signal;
    return { ...rest, takenBy: step };
  });

function decided(step: StepState, declared: WorkflowStep | undefined, { data, time }: Event<'approval.decided'>): void {
  const { step: name, approved, by, reason, expired } = data;
  const why = reason === undefined ? {} : { reason };
  if (step.approval !== undefined)
    step.approval = { ...step.approval, decided: { approved, by, at: time, ...why, ...(expired === true ? { expired } : {}) } };
  if (approved) return completed(step, { approved: true, by, ...why });
  const said = expired === true ? 'nobody decided in time' : `${by} rejected it${reason === undefined ? '' : `: ${reason}`}`;
  const details = { by, ...why };
  fail(step, declared, { code: ErrorCode.Rejected, message: `approval "${name}": ${said}`, retryable: false, details });
}
