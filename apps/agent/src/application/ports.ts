import type { AttemptRef, AttemptState, TaskMessage, TaskProgress, TaskResult } from '@aet/contracts';

/** Asks the owner of a run whether an attempt is still to be done. `unknown` when it does not answer: then the attempt is done. */
export interface AttemptInquiry {
  stateOf(attempt: AttemptRef, cell: string): Promise<AttemptState['state'] | 'unknown'>;
  /** What an attempt that is still to be done has kept so far; undefined: nothing, or nobody answers. */
  savedOf(attempt: AttemptRef, cell: string): Promise<unknown>;
}

export interface ResultSink {
  /**
   * Resolves when the owner's stream has the result, or this host's outbox; repeats while neither takes it, until the signal aborts (then it rejects).
   * @throws {PayloadTooLarge} when the result can never be carried
   */
  report(result: TaskResult, ownerCell: string, signal: AbortSignal): Promise<void>;
}

export interface ProgressSink {
  tell(progress: TaskProgress): void;
}

export interface TaskMetrics {
  /** @param status `unwanted`: it was ended early, as nobody waited for it any more */
  finished(task: TaskMessage, agent: string, status: TaskResult['status'] | 'unwanted' | 'deferred', durationMs: number): void;
}
