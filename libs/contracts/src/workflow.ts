import type { Priority } from './priority.js';

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

export interface WorkflowStep {
  /** The capability that does it. */
  task: string;
  agent?: string;
  needs?: string[];
  /** Skip the step when the expression gives false, null, or an empty string, list or object. */
  when?: string;
  /** Fan-out: one task for each element of the list. */
  map?: { over: string; concurrency?: number };
  with?: Record<string, Template>;
  /** Such as `30s`, `5m`. Longest time of one attempt. */
  timeout?: string;
  /** Such as `10m`. The first attempt is not given to a host before. */
  delay?: string;
  /** Tasks of the capability with the same key run one after the other in this cell, in the order in which they were acknowledged. Gives text or a number. */
  orderKey?: Template;
  retry?: { attempts?: number; initial?: string; max?: string };
  priority?: Priority;
  /** A failed step gives `{ "error": … }` as its output and the run goes on. */
  continueOnError?: boolean;
}

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
