import type { ErrorBody } from '../errors.js';
import type { Priority } from '../priority.js';
import type { CachedFrom, Performer, Placement, Usage } from '../task.js';
import type { CacheRule, RetryPolicy } from '../workflow.js';
import type { RunEventType } from './types.js';

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
