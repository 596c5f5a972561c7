import type { BatchAdded, ErrorCode, TaskMessage, Usage } from '@aet/contracts';
import type { EffectClaims, EffectHooks } from '../effects/effect.js';
import type { AgentDefinition } from './agent-definition.js';

/** What an executor says while it works, and each word is a sign of life. Exactly one `completed`, `failed` or `deferred` ends the stream. */
export type ExecutorEvent =
  | { kind: 'log'; message: string }
  /** What there is so far, as JSON: should the attempt not end, the next one gets the last of these. */
  | { kind: 'saved'; saved: unknown }
  | { kind: 'progress'; fraction: number; message?: string }
  /** `reads`: files whose content the output rests on, from the input's `repo` (else the project) or absolute; a cached result counts while they are the same. */
  | { kind: 'completed'; output: unknown; usage?: Usage; reads?: string[] }
  /** It was handed over, durably, to somebody who will report its result: the host is done with it. */
  | { kind: 'deferred'; message: string }
  /** `code`: absent, `ATTEMPT_FAILED`. */
  | { kind: 'failed'; message: string; retryable: boolean; code?: ErrorCode; details?: unknown; usage?: Usage };

/** What it says before its end. */
export type ExecutorNews = Extract<ExecutorEvent, { kind: 'log' | 'progress' | 'saved' }>;

/** How an executor ends that found its signal aborted before it began. */
export const stoppedBefore: ExecutorEvent = { kind: 'failed', message: 'it was stopped before it began', retryable: true };

export interface ExecutionContext {
  agent: AgentDefinition;
  /** Aborted on timeout, cancel, drain and loss of the message. An executor that goes on has no one listening. */
  signal: AbortSignal;
  /** A folder of this attempt's own, empty at the start and deleted afterwards; '' when the executor uses none. */
  workDir: string;
  /** What the attempt before had saved; absent: nothing. */
  saved?: unknown;
  services: AttemptServices;
}

/** What the fleet offers to executors. */
export interface ExecutionServices {
  ingest(
    project: string,
    documents: { path: string; content: string; revision?: string }[],
    removed: string[],
    signal: AbortSignal,
  ): Promise<{ added: number; updated: number; unchanged: number; removed: number; chunks: number }>;
  search(
    project: string,
    query: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<{ path: string; startLine: number; endLine: number; snippet: string; title?: string }[]>;
  putArtifact(
    runId: string,
    name: string,
    content: Uint8Array,
    mediaType: string,
  ): Promise<{ name: string; sha256: string; bytes: number; mediaType: string }>;
  /** Where effects are claimed; absent: nowhere. */
  readonly effects?: EffectClaims;
  /** Takes over model requests that may wait; absent: nobody does. */
  readonly batches?: { defer(task: TaskMessage, agent: string, provider: string, request: object): Promise<BatchAdded> };
}

/** The same for one execution of one attempt. */
export interface AttemptServices extends Omit<ExecutionServices, 'effects' | 'batches'> {
  /**
   * Does something outside of AET once, over all attempts of the task. An execution that died in the middle leaves it in doubt: the next one asks `reconcile`.
   * @param key tells the effects of one task apart @throws {EffectInDoubt} when that does not know either
   */
  effect<T>(key: string, hooks: EffectHooks<T>): Promise<T>;
  /** Hands a model request over to a batch of the provider, when the task has the time. */
  defer(provider: string, request: object): Promise<BatchAdded>;
}

/**
 * One way to do a task. `run` begins nothing after the signal is aborted, ends its child processes (whole group) before the stream ends,
 * and never throws: a failure is its last event. It may be run again for the same attempt after a crash, so an effect outside the
 * work folder must be repeatable, or go through `services.effect`.
 */
export interface Executor {
  readonly name: string;
  /** Whether the attempt gets a folder. Default: yes. */
  usesFolder?(task: TaskMessage): boolean;
  run(task: TaskMessage, context: ExecutionContext): AsyncIterable<ExecutorEvent>;
}
