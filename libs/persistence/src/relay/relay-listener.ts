import type { AetError, AttemptRef } from '@aet/contracts';

/** What relay and sweeper tell of themselves: for metrics, logs, and who must act on an undeliverable task. All are optional; none may throw. */
export interface RelayListener {
  /** The stream has a task. `redispatch` counts how often it was lost before; `afterMs` since it was due. */
  taskPublished?(ref: AttemptRef, news: { redispatch: number; duplicate: boolean; afterMs: number }): void;
  /** No repetition can help, such as a task that is larger than the server takes: the run should learn that its attempt failed. */
  undeliverable?(ref: AttemptRef, error: AetError): void;
  factsTold?(runId: string, count: number): void;
  /** Something did not work and is tried again after `waitMs`. */
  retrying?(what: string, error: unknown, waitMs: number): void;
  /** One round of the sweeper. */
  swept?(round: SweepRound): void;
}

/** How much a round found; all zero when the relay keeps up. */
export interface SweepRound {
  /** Never published and due. */
  unpublished: number;
  /** Open for long, and still in the stream. */
  waiting: number;
  /** Gone from the stream without a result. */
  redispatched: number;
  /** Runs whose facts were told again. */
  behind: number;
}
