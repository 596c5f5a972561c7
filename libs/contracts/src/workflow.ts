import type { Lane, Priority } from './priority.js';
import type { Placement } from './task.js';

/** The first line of every workflow file; a later language gets a later number. */
export const WORKFLOW_API = 'aet/workflow.v1';

/** `${{ … }}` around a JMESPath expression over `inputs`, `steps`, and inside a map `item` and `index`. */
export type Template = unknown;

/** How often and how patiently a failed attempt is repeated. Durations in milliseconds. */
export interface RetryPolicy {
  /** All attempts together, the first included. Default 3. */
  attempts: number;
  initialMs: number;
  maxMs: number;
}

/** A result may be taken from an earlier attempt with the same input, agent version and files. */
export interface CacheRule {
  /** Instead of the input: what makes two attempts the same. */
  key?: string;
  /** Files (globs, below the input's `repo` or the host's project) whose content counts as well. */
  files?: string[];
  /** A result older than this is not taken. Milliseconds. */
  ttlMs?: number;
}

/** One task, or sub-run, for each element of a list. */
export interface FanOut {
  /** A list, or an expression that gives one. */
  over: Template;
  concurrency?: number;
  /** So many completed ones are enough (`3`, or a share of all, `60%`): the others are not waited for, and stand in the output as null. */
  quorum?: number | string;
  /** So many may fail (`3`, or `10%`): they stand in the output as `{ "error": … }`. Default: as many as leave the quorum within reach; 0 without one. */
  tolerate?: number | string;
  /** What the step gives: an expression over `items`, the list of outputs, beside what the step sees. Absent: that list. */
  collect?: string;
}

interface StepBase {
  description?: string;
  needs?: string[];
  /** Skip the step when the expression gives false, null, or an empty string, list or object. */
  when?: string;
  /** A failed step gives `{ "error": … }` as its output and the run goes on. */
  continueOnError?: boolean;
}
interface DoneBase extends StepBase {
  map?: FanOut;
  with?: Record<string, Template>;
  retry?: { attempts?: number; initial?: string; max?: string };
  priority?: Priority;
  /** JSON Schema 2020-12 of one output; what does not match fails the step. */
  outputSchema?: Record<string, unknown>;
  /** What undoes it, should the run fail or be cancelled after it was completed. Sees also `output`, the step's own. */
  compensate?: { task: string; agent?: string; with?: Record<string, Template>; timeout?: string; retry?: StepRetry };
}
export type StepRetry = NonNullable<DoneBase['retry']>;

export interface TaskStep extends DoneBase {
  /** The capability that does it. */
  task: string;
  agent?: string;
  /** Such as `30s`, `5m`. Longest time of one attempt. */
  timeout?: string;
  /** An attempt that says nothing for so long is taken back. */
  heartbeat?: string;
  /** Such as `10m`. The first attempt is not given to a host before. */
  delay?: string;
  /** Such as `12h`: the work may wait so long; a model's provider may do it in a batch at a lower price. */
  deadline?: string;
  /** Tasks of the capability with the same key run one after the other in this cell, in the order in which they were acknowledged. Gives text or a number. */
  orderKey?: Template;
  lane?: Lane;
  placement?: Placement;
  cache?: true | { key?: Template; files?: string[]; ttl?: string };
}
/** A sub-run. `with` gives its inputs, its output is the step's. */
export interface WorkflowCallStep extends DoneBase {
  workflow: string;
}
/** The first case whose `when` holds; a case without `when` always does. Steps named by other cases only are skipped, and what needs nothing but skipped steps. */
export interface BranchStep extends StepBase {
  branch: { when?: string; then: string | string[] }[];
}
export interface ApprovalStep extends StepBase {
  approval: {
    text?: Template;
    /** Who may decide, by name. Absent: everybody who may operate. */
    approvers?: string[];
    timeout?: string;
    /** When nobody decided in time. Default: reject. */
    onTimeout?: 'approve' | 'reject';
  };
}
/** For a time, until a time, or for a signal. */
export interface WaitStep extends StepBase {
  wait: { for?: string; until?: Template; signal?: string; /** Of a signal; then the step fails. */ timeout?: string };
}
/** Keeps `checkpoint` as its output; everything up to it is on the disk. */
export interface CheckpointStep extends StepBase {
  checkpoint: Template;
}
type AnyKey =
  keyof TaskStep | keyof WorkflowCallStep | keyof BranchStep | keyof ApprovalStep | keyof WaitStep | keyof CheckpointStep;
/** The keys of other kinds can be asked for, and are never there: the kind is told by its own key. */
type Alone<T> = T & { [K in Exclude<AnyKey, keyof T>]?: never };

export type WorkflowStep =
  Alone<TaskStep> | Alone<WorkflowCallStep> | Alone<BranchStep> | Alone<ApprovalStep> | Alone<WaitStep> | Alone<CheckpointStep>;

export const STEP_KINDS = ['task', 'workflow', 'branch', 'approval', 'wait', 'checkpoint'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** A workflow as its file says it. The JSON Schema is `workflowSchema`. */
export interface WorkflowDocument {
  api: typeof WORKFLOW_API;
  name: string;
  description?: string;
  inputs?: Record<string, WorkflowInput>;
  steps: Record<string, WorkflowStep>;
  /** What the run gives back; absent: the outputs of all steps by name. */
  output?: Template;
  /** Longest time of the whole run. */
  timeout?: string;
}

export interface WorkflowInput {
  type: 'string' | 'number' | 'boolean' | 'object' | 'array';
  description?: string;
  required?: boolean;
  default?: unknown;
}
