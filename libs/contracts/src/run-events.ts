import type { ErrorBody } from './errors.js';
import type { Durability, Lane, Priority } from './priority.js';
import type { CachedFrom, Performer, Placement, Usage } from './task.js';
import type { CacheRule, RetryPolicy, WorkflowDocument } from './workflow.js';

/**
 * What can stand in a run's log. A run's state is the fold of these and of nothing else; a wish (a command) never stands here.
 * Adding a type or an optional field is compatible. Changing a meaning needs a new version of the type: see `docs/workflows.md`, "Versions of events".
 */
export const RunEventType = {
  Submitted: 'run.submitted',
  Started: 'run.started',
  Paused: 'run.paused',
  Resumed: 'run.resumed',
  Prioritized: 'run.prioritized',
  Compensating: 'run.compensating',
  Adopted: 'run.adopted',
  Completed: 'run.completed',
  Failed: 'run.failed',
  Cancelled: 'run.cancelled',
  Redriven: 'run.redriven',
  SignalReceived: 'signal.received',
  StepKept: 'step.kept',
  StepExpanded: 'step.expanded',
  StepSkipped: 'step.skipped',
  StepConcluded: 'step.concluded',
  StepCollected: 'step.collected',
  StepFailed: 'step.failed',
  BranchTaken: 'branch.taken',
  CheckpointReached: 'checkpoint.reached',
  WaitBegun: 'wait.begun',
  WaitEnded: 'wait.ended',
  ApprovalRequested: 'approval.requested',
  ApprovalDecided: 'approval.decided',
  ChildRequested: 'child.requested',
  ChildEnded: 'child.ended',
  AttemptScheduled: 'attempt.scheduled',
  AttemptSaved: 'attempt.saved',
  AttemptCompleted: 'attempt.completed',
  AttemptFailed: 'attempt.failed',
} as const;
export type RunEventType = (typeof RunEventType)[keyof typeof RunEventType];

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

/** Kept whether or not a step waits for it yet. The same `id` counts once. */
export interface SignalReceived {
  type: typeof RunEventType.SignalReceived;
  data: { name: string; id: string; payload: unknown; by: string };
}

/** The end of a step was taken over from the run's origin. */
export interface StepKept {
  type: typeof RunEventType.StepKept;
  data: {
    step: string;
    status: 'completed' | 'skipped' | 'failed';
    output: unknown;
    error?: ErrorBody;
    items?: number;
    /** As in `step.skipped`. */
    branch?: string;
  };
}
/** A fan-out knows its items from here on; their inputs stand in the attempts. */
export interface StepExpanded {
  type: typeof RunEventType.StepExpanded;
  data: { step: string; items: number };
}
export interface StepSkipped {
  type: typeof RunEventType.StepSkipped;
  data: {
    step: string;
    reason: string;
    /** The branch that took another way. Steps that need nothing but such steps are skipped as well. */
    branch?: string;
  };
}
/** A fan-out has enough: tasks of it that have not ended are not waited for, and hosts that have them are told to stop. */
export interface StepConcluded {
  type: typeof RunEventType.StepConcluded;
  data: { step: string; reason: 'quorum' | 'tolerance' };
}
/** What a fan-out gives, made of its tasks' outputs by its `collect`. */
export interface StepCollected {
  type: typeof RunEventType.StepCollected;
  data: { step: string; output: unknown };
}
/** A step ended badly without an attempt: its wait or approval ran out, or its output is not what its schema says. */
export interface StepFailed {
  type: typeof RunEventType.StepFailed;
  data: { step: string; error: ErrorBody };
}
/** The steps that follow; the other targets of the branch are skipped. */
export interface BranchTaken {
  type: typeof RunEventType.BranchTaken;
  data: { step: string; taken: string[]; when?: string };
}
/** A place to come back to: everything up to here is on the disk, whatever the run's durability. */
export interface CheckpointReached {
  type: typeof RunEventType.CheckpointReached;
  data: { step: string; data: unknown };
}
export interface WaitBegun {
  type: typeof RunEventType.WaitBegun;
  data: {
    step: string;
    /** RFC 3339. Of a timer: it ends then. Of a signal: it fails then. */
    until?: string;
    signal?: string;
  };
}
export interface WaitEnded {
  type: typeof RunEventType.WaitEnded;
  data: { step: string; by: 'timer' | 'signal'; signalId?: string; output: unknown };
}
export interface ApprovalRequested {
  type: typeof RunEventType.ApprovalRequested;
  data: { step: string; text: string; approvers?: string[]; expiresAt?: string; onExpiry?: 'approve' | 'reject' };
}
export interface ApprovalDecided {
  type: typeof RunEventType.ApprovalDecided;
  data: { step: string; approved: boolean; by: string; reason?: string; /** Nobody decided in time. */ expired?: true };
}

/** A sub-run is wanted. Its id is fixed here, so that it is begun once, whoever begins it. */
export interface ChildRequested {
  type: typeof RunEventType.ChildRequested;
  data: {
    step: string;
    item?: number;
    attempt: number;
    childRunId: string;
    workflow: string;
    inputs: Record<string, unknown>;
    priority: Priority;
    retry: RetryPolicy;
    notBefore?: string;
  };
}
export interface ChildEnded {
  type: typeof RunEventType.ChildEnded;
  data: {
    step: string;
    item?: number;
    attempt: number;
    childRunId: string;
  } & ({ status: 'completed'; output: unknown } | { status: 'failed' | 'cancelled'; error: ErrorBody });
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
    /** An attempt that says nothing for so long is taken back. */
    heartbeatMs?: number;
    retry: RetryPolicy;
    /** RFC 3339: not to be given to a host before. Absent: at once. */
    notBefore?: string;
    /** RFC 3339: the work may wait until then (a provider's batch). */
    deadline?: string;
    /** Tasks of the capability with the same key run one after the other. */
    orderKey?: string;
    placement?: Placement;
    cache?: CacheRule;
    /** What the attempt before had saved. */
    saved?: unknown;
  };
}
/** What an attempt has so far, kept for the next one should it not end. Replaces what it saved before. */
export interface AttemptSaved {
  type: typeof RunEventType.AttemptSaved;
  data: { step: string; item?: number; attempt: number; saved: unknown; by: Performer };
}
export interface AttemptCompleted {
  type: typeof RunEventType.AttemptCompleted;
  data: {
    step: string;
    item?: number;
    attempt: number;
    output: unknown;
    by: Performer;
    durationMs: number;
    usage?: Usage;
    /** Nothing was executed: the output is an earlier attempt's. */
    cached?: CachedFrom;
  };
}
export interface AttemptFailedEvent {
  type: typeof RunEventType.AttemptFailed;
  data: { step: string; item?: number; attempt: number; error: ErrorBody; by: Performer; durationMs: number; usage?: Usage };
}

export type RunEvent =
  | RunSubmitted
  | RunStarted
  | RunPaused
  | RunResumed
  | RunPrioritized
  | RunCompensating
  | RunAdopted
  | RunCompleted
  | RunFailed
  | RunCancelled
  | RunRedriven
  | SignalReceived
  | StepKept
  | StepExpanded
  | StepSkipped
  | StepConcluded
  | StepCollected
  | StepFailed
  | BranchTaken
  | CheckpointReached
  | WaitBegun
  | WaitEnded
  | ApprovalRequested
  | ApprovalDecided
  | ChildRequested
  | ChildEnded
  | AttemptScheduled
  | AttemptSaved
  | AttemptCompleted
  | AttemptFailedEvent;

/** An event as the log holds it. */
export type StoredRunEvent = RunEvent & {
  runId: string;
  /** From 1, without gaps. */
  sequence: number;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  /** SHA-256 over the predecessor's hash and this event, hex. */
  hash: string;
  /** As it stands in the log, when that is an older version of it: this is what the hash covers. */
  logged?: { type: string; data: unknown };
};

/** `scheduled`: it begins later. `paused`: nothing new begins. `compensating`: what it did is being undone, then it is failed or cancelled. */
export const RunStatus = {
  Scheduled: 'scheduled',
  Running: 'running',
  Paused: 'paused',
  Compensating: 'compensating',
  Completed: 'completed',
  Failed: 'failed',
  Cancelled: 'cancelled',
} as const;
export type RunStatus = (typeof RunStatus)[keyof typeof RunStatus];

/** Nothing more happens in it, unless it is taken up again. */
export const isRunEnded = (status: RunStatus): boolean =>
  status === RunStatus.Completed || status === RunStatus.Failed || status === RunStatus.Cancelled;

/** Nothing follows in the run by itself. */
export const isRunEnd = (event: RunEvent): boolean =>
  event.type === RunEventType.Completed || event.type === RunEventType.Failed || event.type === RunEventType.Cancelled;
