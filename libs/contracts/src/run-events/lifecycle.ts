import type { ErrorBody } from '../errors.js';
import type { Durability, Lane, Priority } from '../priority.js';
import type { WorkflowDocument } from '../workflow.js';
import type { RunEventType } from './types.js';

/** A document with the SHA-256 of its JSON text, hex. */
export interface PinnedWorkflow {
  document: WorkflowDocument;
  hash: string;
}

/** The step of another run that waits for this one's end. */
export interface RunParent {
  runId: string;
  cell: string;
  step: string;
  item?: number;
  attempt: number;
  /** 1: the parent is nobody's child. */
  depth: number;
}

/** Whence a run came that was not begun anew. */
export interface RunOrigin {
  kind: 'rerun' | 'fork';
  runId: string;
  /** Of the origin's log: what stood up to there is the basis. */
  sequence: number;
  /** Of a rerun: the step from which on everything is done anew. */
  from?: string;
  by: string;
  reason?: string;
}

export interface RunSubmitted {
  type: typeof RunEventType.Submitted;
  data: {
    workflow: WorkflowDocument;
    /** SHA-256 of the document, hex: a run finishes on the version that it began with. */
    workflowHash: string;
    /** Every workflow that a `workflow` step can call, directly or through others, as it was at the submit. By name. */
    library?: Record<string, PinnedWorkflow>;
    inputs: Record<string, unknown>;
    priority: Priority;
    lane?: Lane;
    durability: Durability;
    correlationId: string;
    cell: string;
    epoch: number;
    submittedBy: string;
    idempotencyKey?: string;
    /** RFC 3339: nothing begins before. Absent: at once. */
    startAt?: string;
    parent?: RunParent;
    origin?: RunOrigin;
    /** Name of the schedule that submitted it. */
    schedule?: string;
  };
}

/** The time of a run that was submitted for later has come. */
export interface RunStarted {
  type: typeof RunEventType.Started;
  data: Record<string, never>;
}

/** What an operator said, and why. */
export interface OperatorWord {
  by: string;
  reason?: string;
}

/** Nothing new begins; what runs may end. Timers go on, and what they begin waits. */
export interface RunPaused {
  type: typeof RunEventType.Paused;
  data: OperatorWord;
}

export interface RunResumed {
  type: typeof RunEventType.Resumed;
  data: OperatorWord;
}

/** For all that is scheduled from now on; what waits in the queue is moved. */
export interface RunPrioritized {
  type: typeof RunEventType.Prioritized;
  data: OperatorWord & { priority: Priority };
}

/** The run will end as `ending` says, after what it did was undone: the compensations of its completed steps, the last one first. */
export interface RunCompensating {
  type: typeof RunEventType.Compensating;
  data: {
    ending: { kind: 'failed'; error: ErrorBody; step?: string } | ({ kind: 'cancelled' } & OperatorWord);
    /** Steps whose compensation follows, in that order. */
    steps: string[];
  };
}

/** The run belongs to another cell from here on; events of an older epoch that come later are refused. */
export interface RunAdopted {
  type: typeof RunEventType.Adopted;
  data: OperatorWord & { cell: string; epoch: number; from: string };
}

export interface RunCompleted {
  type: typeof RunEventType.Completed;
  data: { output: unknown };
}

export interface RunFailed {
  type: typeof RunEventType.Failed;
  data: { error: ErrorBody; step?: string };
}

export interface RunCancelled {
  type: typeof RunEventType.Cancelled;
  data: OperatorWord & {
    /** Of compensations that gave up: their steps stay as they were. */
    error?: ErrorBody;
  };
}

/** A failed run goes on: the tasks that ended it, and those that its end interrupted, get another attempt each. */
export interface RunRedriven {
  type: typeof RunEventType.Redriven;
  data: {
    by: string;
    reason?: string;
    /** Number of the dead letter that was retried. */
    letter?: number;
  };
}
