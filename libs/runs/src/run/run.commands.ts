import type { ErrorBody, OperatorWord, Performer, Priority, RunSubmitted, StepKept, Usage } from '@aet/contracts';

/** Begins a run. `inputs` are as given: defaults are filled in when it is decided. */
export interface Submit {
  kind: 'submit';
  runId: string;
  submission: RunSubmitted['data'];
  /** Of a rerun or a fork: the ends of steps that are taken over. */
  kept?: readonly StepKept['data'][];
}

interface AttemptEnd {
  step: string;
  item?: number;
  attempt: number;
  by: Performer;
  durationMs: number;
  usage?: Usage;
}
export interface Complete extends AttemptEnd {
  kind: 'complete';
  output: unknown;
  cached?: { runId: string; step: string; at: string };
}
export interface Fail extends AttemptEnd {
  kind: 'fail';
  error: ErrorBody;
}
/** An attempt that goes on keeps what it has so far. */
export interface Save {
  kind: 'save';
  step: string;
  item?: number;
  attempt: number;
  by: Performer;
  saved: unknown;
}
/** A sub-run has ended. */
export interface EndChild {
  kind: 'end-child';
  step: string;
  item?: number;
  attempt: number;
  childRunId: string;
  end: { status: 'completed'; output: unknown } | { status: 'failed' | 'cancelled'; error: ErrorBody };
}
/** Ends a run that is over its workflow's `timeout`; changes nothing before. */
export interface Expire {
  kind: 'expire';
}
/** Lets everything happen whose time has come: the start of a run for later, waits, approvals. Changes nothing before. */
export interface Tick {
  kind: 'tick';
}

/** Takes a failed or cancelled run up again; changes nothing in any other. */
export interface Redrive {
  kind: 'redrive';
  by: string;
  reason?: string;
  letter?: number;
}
/** The four below: what cannot be done any more is a `Conflict` that says why. */
export interface Cancel extends OperatorWord {
  kind: 'cancel';
}
export interface Pause extends OperatorWord {
  kind: 'pause';
}
export interface Resume extends OperatorWord {
  kind: 'resume';
}
export interface Prioritize extends OperatorWord {
  kind: 'prioritize';
  priority: Priority;
}
/** A signal that has come before (by its id) changes nothing. */
export interface Signal {
  kind: 'signal';
  name: string;
  id: string;
  payload: unknown;
  by: string;
}
/** @throws {Forbidden} by who may not. @throws {Conflict} when it was decided otherwise before */
export interface Decide extends OperatorWord {
  kind: 'decide';
  step: string;
  approved: boolean;
}
/** The run belongs to `cell` from here on. */
export interface Adopt extends OperatorWord {
  kind: 'adopt';
  cell: string;
  epoch: number;
}

/** What someone wants of a run. Never stored: only the events that follow from it are. */
export type RunCommand =
  | Submit
  | Complete
  | Fail
  | Save
  | EndChild
  | Expire
  | Tick
  | Redrive
  | Cancel
  | Pause
  | Resume
  | Prioritize
  | Signal
  | Decide
  | Adopt;
