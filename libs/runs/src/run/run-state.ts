import type {
  CachedFrom,
  CacheRule,
  Durability,
  ErrorBody,
  Lane,
  Performer,
  PinnedWorkflow,
  Priority,
  RetryPolicy,
  RunCompensating,
  RunOrigin,
  RunParent,
  RunStatus,
  StepStatus,
  WorkflowDocument,
} from '@aet/contracts';
import type { PersistentList } from './task-list.js';

/** One task of a step: the step itself, or one item of its fan-out. Of one that was completed only what others read is kept. */
export interface TaskState {
  item?: number;
  /** Absent once it was completed. */
  input?: unknown;
  /** The latest attempt, from 1. */
  attempt: number;
  /** `cancelled`: its fan-out has enough without it. */
  status: 'running' | 'completed' | 'failed' | 'cancelled';
  /** Absent once it was completed. */
  retry?: RetryPolicy;
  orderKey?: string;
  cache?: CacheRule;
  deadline?: string;
  /** What its attempts kept so far; the next attempt gets it. */
  saved?: unknown;
  /** Of a sub-run: the run that does the latest attempt. */
  childRunId?: string;
  output?: unknown;
  error?: ErrorBody;
  /** It was taken up again with its run: another attempt follows, whatever became of those before. */
  revived?: true;
  by?: Performer;
  cached?: CachedFrom;
}

/** `done`: ended for good. `givenUp`: those among them that failed. */
export interface TaskCounts {
  done: number;
  givenUp: number;
}

/** A fan-out whose length is known. The object stays the same while the step goes on. */
export interface FanOutState {
  items: number;
  /** So many completed ones are enough; absent: all are wanted. */
  quorum?: number;
  /** So many may fail; absent: any number, and the step then counts as failed. */
  tolerate?: number;
}

/** What a step waits for that is no task. Times: RFC 3339. */
export interface WaitState {
  until?: string;
  signal?: string;
}
export interface ApprovalState {
  text: string;
  approvers?: string[];
  expiresAt?: string;
  onExpiry?: 'approve' | 'reject';
  decided?: { approved: boolean; by: string; reason?: string; at: string; expired?: true };
}

export interface StepState {
  status: StepStatus;
  fan?: FanOutState;
  /** A fan-out that ended before all its tasks did. */
  concluded?: 'quorum' | 'tolerance';
  tasks: PersistentList<TaskState>;
  /** How many tasks of each kind: with a hundred thousand, each result must not look at all of them. */
  counts: TaskCounts;
  /** Places of the tasks whose attempt failed, or that were taken up again, and that another one follows. */
  failed: readonly number[];
  /** Attempts of all its tasks together. */
  attempts: number;
  wait?: WaitState;
  approval?: ApprovalState;
  /** Of a skipped step: the branch that took another way. */
  branch?: string;
  /** Its end was taken over from another run. */
  kept?: true;
  output?: unknown;
  error?: ErrorBody;
  /** When its first attempt was scheduled, or it ended without one. */
  startedAt?: string;
  finishedAt?: string;
  /** Sequence of the event that ended it: the order in which what was done is undone. */
  endedWith?: number;
}

/** A signal as it came; the payload is kept until a step takes it. */
export interface SignalState {
  id: string;
  name: string;
  by: string;
  at: string;
  payload?: unknown;
  /** The step that waited for it. */
  takenBy?: string;
}

/** A run, as the fold of its events. Plain data: it can be compared, copied and stored. */
export interface RunState {
  runId: string;
  /** Sequence of the last event folded; 0: nothing yet. */
  sequence: number;
  status: RunStatus;
  workflow: WorkflowDocument;
  workflowHash: string;
  library?: Record<string, PinnedWorkflow>;
  inputs: Record<string, unknown>;
  priority: Priority;
  /** The priority was changed since the submit: it holds for every lane. */
  prioritized?: true;
  lane?: Lane;
  durability: Durability;
  correlationId: string;
  cell: string;
  epoch: number;
  submittedBy: string;
  submittedAt: string;
  startAt?: string;
  parent?: RunParent;
  origin?: RunOrigin;
  schedule?: string;
  /** When it began, if that was later than its submit. */
  startedAt?: string;
  /** When it was last taken up again: its timeout counts from then. */
  redrivenAt?: string;
  updatedAt: string;
  steps: Record<string, StepState>;
  signals: readonly SignalState[];
  /** What it did is being undone, or was, for this end. */
  compensation?: RunCompensating['data'];
  /** Of all steps together. */
  attempts: { scheduled: number; completed: number; failed: number };
  output?: unknown;
  error?: ErrorBody;
}
