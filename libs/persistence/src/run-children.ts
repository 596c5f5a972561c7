import type { Priority, RunStatus } from '@aet/contracts';
import type { ChildRow } from './projection/children.js';

/** A sub-run for which something is to be done. */
export interface OpenChild extends ChildRow {
  /** Nobody waits for it any more. */
  unwanted: boolean;
  /** What it knows of its priority. */
  toldPriority: Priority;
  /** Absent: it was not begun. */
  status?: RunStatus;
}

/** Sub-runs for which their runs wait. A row appears and goes in the commit of the event that says so. */
export abstract class RunChildren {
  /** Those that are to be begun (and due before `now`, unix ms), have ended, are not wanted any more, or are to follow their run to another priority. */
  abstract toDo(now: number, limit: number): Promise<OpenChild[]>;
  /** Their runs do not want to know of them any more. */
  abstract forget(childRunIds: readonly string[]): Promise<void>;
  abstract toldPriority(childRunId: string, priority: Priority): Promise<void>;
}
