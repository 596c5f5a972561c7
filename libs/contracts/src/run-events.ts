import type {
  AttemptCompleted,
  AttemptFailedEvent,
  AttemptSaved,
  AttemptScheduled,
  ChildEnded,
  ChildRequested,
} from './run-events/attempts.js';
import type {
  RunAdopted,
  RunCancelled,
  RunCompensating,
  RunCompleted,
  RunFailed,
  RunPaused,
  RunPrioritized,
  RunRedriven,
  RunResumed,
  RunStarted,
  RunSubmitted,
} from './run-events/lifecycle.js';
import type {
  ApprovalDecided,
  ApprovalRequested,
  BranchTaken,
  CheckpointReached,
  SignalReceived,
  StepCollected,
  StepConcluded,
  StepExpanded,
  StepFailed,
  StepKept,
  StepSkipped,
  WaitBegun,
  WaitEnded,
} from './run-events/steps.js';
import { RunEventType } from './run-events/types.js';

export type * from './run-events/attempts.js';
export type * from './run-events/lifecycle.js';
export type * from './run-events/steps.js';
export { RunEventType } from './run-events/types.js';

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
