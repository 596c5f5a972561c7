import type {
  Durability,
  ErrorBody,
  Performer,
  Priority,
  RetryPolicy,
  RunStatus,
  StepStatus,
  WorkflowDocument,
} from '@aet/contracts';

/** One task of a step: the step itself, or one item of its fan-out. */
export interface TaskState {
  item?: number;
  input: unknown;
  /** The latest attempt, from 1. */
  attempt: number;
  status: 'running' | 'completed' | 'failed';
  retry: RetryPolicy;
  orderKey?: string;
  output?: unknown;
  error?: ErrorBody;
  by?: Performer;
  scheduledAt: string;
  finishedAt?: string;
}

/** `done`: ended for good. `givenUp`: those among them that failed. `failed`: failed, and another attempt follows. */
export interface TaskCounts {
  done: number;
  givenUp: number;
  failed: number;
}

export interface StepState {
  status: StepStatus;
  /** Present once a fan-out knows its length. */
  items?: number;
  tasks: TaskState[];
  /** How many tasks of each kind: with ten thousand, each result must not look at all of them. */
  counts: TaskCounts;
  output?: unknown;
  error?: ErrorBody;
  /** When its first attempt was scheduled, or it ended without one. */
  startedAt?: string;
  finishedAt?: string;
}

/** A run, as the fold of its events. Plain data: it can be compared, copied and stored. */
export interface RunState {
  runId: string;
  /** Sequence of the last event folded; 0: nothing yet. */
  sequence: number;
  status: RunStatus;
  workflow: WorkflowDocument;
  workflowHash: string;
  inputs: Record<string, unknown>;
  priority: Priority;
  durability: Durability;
  correlationId: string;
  cell: string;
  epoch: number;
  submittedBy: string;
  submittedAt: string;
  /** When it was last taken up again: its timeout counts from then. */
  redrivenAt?: string;
  updatedAt: string;
  steps: Record<string, StepState>;
  /** Of all steps together. */
  attempts: { scheduled: number; completed: number; failed: number };
  output?: unknown;
  error?: ErrorBody;
}
