import type { ErrorBody } from './errors.js';
import type { Durability, Priority } from './priority.js';
import type { Performer, Usage } from './task.js';
import type { RetryPolicy, WorkflowDocument } from './workflow.js';

/**
 * What can stand in a run's log. A run's state is the fold of these and of nothing else; a wish (a command) never stands here.
 * Adding a type or an optional field is compatible. Changing a meaning needs a new type.
 */
export const RunEventType = {
  Submitted: 'run.submitted',
  StepExpanded: 'step.expanded',
  StepSkipped: 'step.skipped',
  AttemptScheduled: 'attempt.scheduled',
  AttemptCompleted: 'attempt.completed',
  AttemptFailed: 'attempt.failed',
  Completed: 'run.completed',
  Failed: 'run.failed',
  Redriven: 'run.redriven',
} as const;
export type RunEventType = (typeof RunEventType)[keyof typeof RunEventType];

export interface RunSubmitted {
  type: typeof RunEventType.Submitted;
  data: {
    workflow: WorkflowDocument;
    /** SHA-256 of the document, hex: a run finishes on the version that it began with. */
    workflowHash: string;
    inputs: Record<string, unknown>;
    priority: Priority;
    durability: Durability;
    correlationId: string;
    cell: string;
    epoch: number;
    submittedBy: string;
    idempotencyKey?: string;
  };
}
/** A fan-out knows its items from here on; their inputs stand in the attempts. */
export interface StepExpanded {
  type: typeof RunEventType.StepExpanded;
  data: { step: string; items: number };
}
export interface StepSkipped {
  type: typeof RunEventType.StepSkipped;
  data: { step: string; reason: string };
}
export interface AttemptScheduled {
  type: typeof RunEventType.AttemptScheduled;
  data: {
    step: string;
    item?: number;
    attempt: number;
    capability: string;
    agent?: string;
    input: unknown;
    priority: Priority;
    timeoutMs: number;
    retry: RetryPolicy;
    /** RFC 3339: not to be given to a host before. Absent: at once. */
    notBefore?: string;
    /** Tasks of the capability with the same key run one after the other. */
    orderKey?: string;
  };
}
export interface AttemptCompleted {
  type: typeof RunEventType.AttemptCompleted;
  data: { step: string; item?: number; attempt: number; output: unknown; by: Performer; durationMs: number; usage?: Usage };
}
export interface AttemptFailedEvent {
  type: typeof RunEventType.AttemptFailed;
  data: { step: string; item?: number; attempt: number; error: ErrorBody; by: Performer; durationMs: number; usage?: Usage };
}
export interface RunCompleted {
  type: typeof RunEventType.Completed;
  data: { output: unknown };
}
export interface RunFailed {
  type: typeof RunEventType.Failed;
  data: { error: ErrorBody; step?: string };
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

export type RunEvent =
  | RunSubmitted
  | StepExpanded
  | StepSkipped
  | AttemptScheduled
  | AttemptCompleted
  | AttemptFailedEvent
  | RunCompleted
  | RunFailed
  | RunRedriven;

/** An event as the log holds it. */
export type StoredRunEvent = RunEvent & {
  runId: string;
  /** From 1, without gaps. */
  sequence: number;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  /** SHA-256 over the predecessor's hash and this event, hex. */
  hash: string;
};

export const RunStatus = { Running: 'running', Completed: 'completed', Failed: 'failed' } as const;
export type RunStatus = (typeof RunStatus)[keyof typeof RunStatus];
