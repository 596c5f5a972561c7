import type { ErrorBody, ScheduleView, SubmitRun } from '@aet/contracts';

/** What was put under a name. */
export type ScheduleDefinition = Pick<ScheduleView, 'cron' | 'at' | 'timeZone' | 'catchUp'> & { run: Fields<SubmitRun> };
type Fields<T> = { [K in keyof T]: T[K] };

export interface StoredSchedule {
  name: string;
  definition: ScheduleDefinition;
  /** Goes up with every change: who decided on an older one changes nothing. */
  revision: number;
  /** Absent: it is paused, or over. */
  nextAt?: Date;
  paused?: { by: string; at: string; reason?: string };
  last?: { at: string; runId?: string; error?: ErrorBody };
  updatedBy: string;
  updatedAt: Date;
}

/** The schedules of a cell, kept beside its log. */
export abstract class ScheduleTable {
  /** By name. */
  abstract list(): Promise<StoredSchedule[]>;
  abstract find(name: string): Promise<StoredSchedule | undefined>;
  /** Those whose time has come, the longest waiting first. */
  abstract due(now: Date, limit: number): Promise<StoredSchedule[]>;
  /** Writes what stands there after revision `expected`, 0 for a new one; false when somebody else was first. */
  abstract write(schedule: Omit<StoredSchedule, 'revision'>, expected: number): Promise<boolean>;
  abstract remove(name: string): Promise<boolean>;
}
