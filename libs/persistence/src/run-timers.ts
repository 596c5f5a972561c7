/** A run at which somebody is to look at a moment. */
export interface RunTimer {
  runId: string;
  /** Unix milliseconds. */
  dueAt: number;
}

/**
 * The next moment of each run in which something may happen by itself. A row appears in the commit of the event that says so, with its moment or an
 * earlier one. Losing every row loses nothing that the log does not tell.
 */
export abstract class RunTimers {
  /** Those due before `before` (unix ms), the earliest first. */
  abstract next(before: number, limit: number): Promise<RunTimer[]>;
  /** What is left to be done for runs, as their states at `sequence` say. Ignored where more was said meanwhile. */
  abstract settle(rows: readonly { runId: string; sequence: number; dueAt?: number }[]): Promise<void>;
}
