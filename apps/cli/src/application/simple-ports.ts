import type { PayloadRef, RunEvent, StoredRunEvent, TaskMessage } from '@aet/contracts';
import type { LargeValue } from '@aet/runs';

/** How an attempt ended; `dropped`: nobody waits for it any more, or the process is stopping. */
export type AttemptEnding =
  | { status: 'completed'; output: unknown; agent: string }
  | { status: 'failed'; error: { code: string; message: string; retryable: boolean; details?: unknown }; agent: string }
  | { status: 'dropped' };

/** Does tasks in this process. */
export interface Worker {
  /** Never rejects. `hear` gets what is said on the way. */
  perform(task: TaskMessage, signal: AbortSignal, hear: (news: WorkerNews) => void): Promise<AttemptEnding>;
}
export type WorkerNews =
  { kind: 'log'; message: string } | { kind: 'progress'; fraction: number; message?: string } | { kind: 'saved'; saved: unknown };

/** The log of one run. What was appended stays, whatever happens to the process. */
export interface OpenRunLog extends Disposable {
  /** What stood in it when it was opened. */
  readonly events: readonly StoredRunEvent[];
  /** All of them or none. @throws {Unavailable} when the disk does not take them */
  append(events: readonly RunEvent[]): StoredRunEvent[];
}

/** Where simple runs are kept. */
export interface RunFiles {
  /** @throws {Conflict} when another process has it */
  open(runId: string): Promise<OpenRunLog>;
  putPayload(value: LargeValue): void;
  /** @throws {NotFound | InternalError} */
  getPayload(ref: PayloadRef): unknown;
}

/** Who can say yes or no; undefined: nobody is there. */
export type AskApproval = (question: { step: string; text: string }, signal: AbortSignal) => Promise<Decision | undefined>;
export interface Decision {
  approved: boolean;
  by: string;
  reason?: string;
}
