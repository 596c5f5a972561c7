import type { ErrorBody } from './errors.js';
import type { Priority } from './priority.js';
import type { CacheRule } from './workflow.js';

/** Version of the two message shapes below. A host that meets a higher one sends the message to the dead letters. */
export const TASK_SCHEMA_VERSION = 1;

/** Which attempt of which step of which run. `item` is the index within a fan-out, absent elsewhere. */
export interface AttemptRef {
  runId: string;
  step: string;
  item?: number;
  /** From 1. */
  attempt: number;
}

/** `<runId>:<step>[#item]:<attempt>`: the message id of a task and of its result, the same in every replica. */
export const attemptId = (ref: AttemptRef): string =>
  `${ref.runId}:${ref.step}${ref.item === undefined ? '' : `#${ref.item}`}:${ref.attempt}`;

/** Where a task may run. */
export interface Placement {
  /** One host by name. */
  host?: string;
  /** A host with all of these labels. */
  labels?: Record<string, string>;
}

/** Where a cached output came from. */
export interface CachedFrom {
  runId: string;
  step: string;
  /** RFC 3339: when it was made. */
  at: string;
}

/** One attempt of a step, on its way to a host. */
export interface TaskMessage extends AttemptRef {
  v: typeof TASK_SCHEMA_VERSION;
  /** The cell that owns the run; the result goes back there. */
  cell: string;
  /** Ownership epoch of the run. A result with an older one is refused. */
  epoch: number;
  capability: string;
  /** Ask for this agent by name; absent: any agent with the capability. */
  agent?: string;
  priority: Priority;
  input: unknown;
  /** Longest time that the attempt may run once started, in milliseconds. */
  timeoutMs: number;
  /** An attempt that says nothing for so long is taken back. Milliseconds. */
  heartbeatMs?: number;
  /** RFC 3339: the work may wait until then. */
  deadline?: string;
  placement?: Placement;
  cache?: CacheRule;
  /** What the attempt before had saved. */
  saved?: unknown;
  correlationId: string;
  workflow: string;
  /** RFC 3339: when the run's log got the attempt. */
  scheduledAt: string;
  /** RFC 3339: not to begin before. At most `LONGEST_DELAY_MS` ahead when it is published. Absent: at once. */
  notBefore?: string;
  /** It runs after every earlier task of its capability with the same key: it was published when those were over. */
  orderKey?: string;
  /** It may have been published before, beyond the server's memory of message ids: ask its owner whether it is still to be done. */
  repeated?: true;
}

/** A task waits so long in the queue at most: each one that waits there takes a place among those in hand. Longer waits are the owner's. */
export const LONGEST_DELAY_MS = 30_000;

/** Who did an attempt. */
export interface Performer {
  cell: string;
  host: string;
  instance: string;
  agent: string;
}

/** What an attempt used, for budgets and cost. All counts from 0. */
export interface Usage {
  inputTokens?: number;
  outputTokens?: number;
  costUsd?: number;
  /** What the same would have cost without the discount of a batch. */
  listCostUsd?: number;
  toolCalls?: number;
  model?: string;
}

/** How an attempt ended. */
export type TaskResult = AttemptRef & {
  v: typeof TASK_SCHEMA_VERSION;
  epoch: number;
  by: Performer;
  startedAt: string;
  durationMs: number;
  usage?: Usage;
} & (
    | { status: 'completed'; output: unknown; cached?: CachedFrom }
    | { status: 'failed'; error: ErrorBody }
    /** It goes on; this is what it has so far. */
    | { status: 'saved'; saved: unknown }
  );

/** Live news of an attempt, published while it runs and not stored. */
export interface TaskProgress extends AttemptRef {
  at: string;
  by: Performer;
  kind: 'started' | 'log' | 'progress' | 'finished';
  /** A line for people. */
  message?: string;
  /** 0 to 1. */
  fraction?: number;
}

/** The message id of a result. An attempt ends once; it may save again and again. */
export const resultId = (result: TaskResult): string =>
  result.status === 'saved' ? `${attemptId(result)}:saved:${result.by.instance}:${result.durationMs}` : attemptId(result);

export const DEAD_LETTER_REASONS = ['poison', 'unsupported-version', 'attempts-exhausted', 'no-agent'] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];

/** An attempt that failed before the task was given up. */
export interface FailedAttempt {
  attempt: number;
  /** RFC 3339. */
  at: string;
  by: Performer;
  durationMs: number;
  error: ErrorBody;
}

/** A task that could not be done, with why and what was tried. */
export interface DeadLetter {
  v: typeof TASK_SCHEMA_VERSION;
  reason: DeadLetterReason;
  message: string;
  at: string;
  by: { cell: string; host: string; instance: string };
  subject: string;
  deliveries: number;
  /** The message as it came: parsed when it was JSON, else base64. */
  original: { json: unknown } | { base64: string };
  /** Every attempt, in order; of a task whose run failed by it. */
  history?: FailedAttempt[];
}
