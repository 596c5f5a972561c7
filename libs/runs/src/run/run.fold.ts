import {
  assertNever,
  InternalError,
  RunEventType,
  RunStatus,
  type StoredRunEvent,
  UnsupportedVersion,
  type WorkflowDocument,
} from '@aet/contracts';
import { redrive } from './redrive.js';
import type { RunState, SignalState, StepState } from './run-state.js';
import { StateEdit } from './state-edit.js';
import { applyToStep, isStepEvent } from './step-fold.js';
import { WAITING } from './step-state.js';

/**
 * The state after an event. Pure: the same log gives the same state in every replica, whenever it is asked. An event that the state already has
 * (by its sequence) changes nothing. @throws {InternalError} when events are missing between the state and the event: a state over a gap would be
 * wrong in silence. @throws {UnsupportedVersion} for an event of a type that this code does not know.
 */
export const fold = (state: RunState | undefined, event: StoredRunEvent): RunState =>
  state !== undefined && event.sequence <= state.sequence ? state : (foldAll(state, [event]) as RunState);

export function foldAll(state: RunState | undefined, events: readonly StoredRunEvent[]): RunState | undefined {
  let folding: Folding | undefined;
  for (const event of events) {
    if (state !== undefined && event.sequence <= state.sequence) continue;
    folding ??= new Folding(state);
    folding.add(event);
  }
  return folding === undefined ? state : folding.state;
}

/** A state that grows by events. The state that it began from stays as it is; what `state` gives changes with the next event. */
export class Folding {
  private edit: StateEdit | undefined;

  constructor(from: RunState | undefined) {
    this.edit = from === undefined ? undefined : new StateEdit(from);
  }

  get state(): RunState | undefined {
    return this.edit?.state;
  }

  add(event: StoredRunEvent): void {
    if (this.edit === undefined) {
      this.edit = new StateEdit(begin(event));
      return;
    }
    const { state } = this.edit;
    if (event.sequence <= state.sequence) return;
    if (event.sequence !== state.sequence + 1) throw gap(event, state.sequence);
    apply(this.edit, event);
    state.sequence = event.sequence;
    state.updatedAt = event.time;
  }
}

const gap = (event: StoredRunEvent, known: number): InternalError =>
  new InternalError(
    `run ${event.runId}: event ${event.sequence} (${event.type}) came after ${known}; read the log from the beginning`,
  );

function begin(event: StoredRunEvent): RunState {
  if (event.type !== RunEventType.Submitted || event.sequence !== 1) throw gap(event, 0);
  const { workflow, idempotencyKey: _, ...rest } = event.data;
  return {
    ...rest,
    runId: event.runId,
    sequence: 1,
    status: rest.startAt === undefined ? RunStatus.Running : RunStatus.Scheduled,
    workflow,
    submittedAt: event.time,
    updatedAt: event.time,
    steps: waitingSteps(workflow),
    signals: [],
    attempts: { scheduled: 0, completed: 0, failed: 0 },
  };
}

const waitingSteps = ({ steps }: WorkflowDocument): Record<string, StepState> =>
  Object.fromEntries(Object.keys(steps).map((name) => [name, WAITING]));

function apply(edit: StateEdit, event: StoredRunEvent): void {
  if (isStepEvent(event)) return applyToStep(edit, event);
  const { state } = edit;
  switch (event.type) {
    case RunEventType.Submitted:
      return;
    case RunEventType.Started:
      state.status = RunStatus.Running;
      state.startedAt = event.time;
      return;
    case RunEventType.Paused:
      state.status = RunStatus.Paused;
      return;
    case RunEventType.Resumed:
      state.status = RunStatus.Running;
      return;
    case RunEventType.Prioritized:
      state.priority = event.data.priority;
      state.prioritized = true;
      return;
    case RunEventType.Adopted:
      state.cell = event.data.cell;
      state.epoch = event.data.epoch;
      return;
    case RunEventType.SignalReceived:
      state.signals = [...state.signals, signal(event)];
      return;
    case RunEventType.Redriven:
      return redrive(edit, event.time);
    case RunEventType.Compensating:
      state.status = RunStatus.Compensating;
      state.compensation = event.data;
      return;
    case RunEventType.Completed:
      state.status = RunStatus.Completed;
      state.output = event.data.output;
      return;
    case RunEventType.Failed:
      state.status = RunStatus.Failed;
      state.error = event.data.error;
      return;
    case RunEventType.Cancelled:
      state.status = RunStatus.Cancelled;
      if (event.data.error !== undefined) state.error = event.data.error;
      return;
    default:
      return unknown(event);
  }
}

const signal = ({ data, time }: Extract<StoredRunEvent, { type: 'signal.received' }>): SignalState => ({ ...data, at: time });

/** A newer version of this program wrote it: what it means is not known here, so nothing may follow from it here. */
function unknown(event: never): never {
  const { type, runId } = event as StoredRunEvent;
  if (Object.values<string>(RunEventType).includes(type)) return assertNever(event);
  throw new UnsupportedVersion(
    `run ${runId}: this version does not know the event "${type}": let a newer orchestrator go on with the run`,
    { details: { type } },
  );
}
