/** What of a run nobody waits for any more: told to the hosts at once, and kept nowhere. Who misses it asks the run's owner. */
export interface StopNotice {
  runId: string;
  /** Tasks of this step only; absent: of every step. */
  step?: string;
  /** What undoes the run's steps goes on. */
  sparesCompensations?: true;
  /** RFC 3339: when the run's log got the reason. Attempts that were scheduled later are not meant. */
  at: string;
}

/** The step under which the compensation of a step is done. */
const COMPENSATION = '~undo';

/** Whether the notice means an attempt. */
export const isStopped = (
  { runId, step, sparesCompensations, at }: StopNotice,
  attempt: { runId: string; step: string; scheduledAt: string },
): boolean =>
  runId === attempt.runId &&
  (step === undefined || step === attempt.step) &&
  !(sparesCompensations === true && attempt.step.endsWith(COMPENSATION)) &&
  attempt.scheduledAt <= at;
