import { AetError, toErrorBody } from '@aet/contracts';
import type { Log } from '@aet/telemetry';
import { dueTimes } from '../domain/schedule-times.js';
import type { ScheduleTable, StoredSchedule } from './schedule-table.js';
import type { SubmitRun } from './submit-run.js';

/** Schedules of one round; the next round takes more. */
const PAGE = 100;

export type ScheduleOutcome = 'submitted' | 'refused' | 'delayed';
/** What is counted of schedules. */
export interface ScheduleCounts {
  due(outcome: ScheduleOutcome): void;
}

/** Two replicas, and a replica that comes back, make one run of a time. */
const keyOf = (name: string, time: Date): string => `schedule:${name}:${time.toISOString()}`;

/** Submits the runs whose time has come. Every replica may do it: the key of a time makes one run of it. */
export class FireSchedules {
  constructor(
    private readonly table: ScheduleTable,
    private readonly submit: SubmitRun,
    private readonly now: () => Date,
    private readonly log: Log,
    private readonly counts: ScheduleCounts,
  ) {}

  async execute(): Promise<void> {
    const due = await this.table.due(this.now(), PAGE);
    await Promise.all(due.map((schedule) => this.fire(schedule)));
  }

  private async fire(schedule: StoredSchedule): Promise<void> {
    const { name, definition, nextAt, revision, last: before, ...rest } = schedule;
    if (nextAt === undefined) return;
    const { fire, next } = dueTimes(definition, nextAt, this.now(), definition.catchUp);
    let last = before;
    try {
      for (const time of fire) last = await this.submitAt(schedule, time);
    } catch (error) {
      // Full, or the database is away: the time stays due.
      this.counts.due('delayed');
      return this.log.warn('a schedule could not submit its run yet', { name, err: error });
    }
    const after = {
      ...rest,
      name,
      definition,
      ...(next === undefined ? {} : { nextAt: next }),
      ...(last === undefined ? {} : { last }),
    };
    // Another replica may have been first: it submitted the same.
    await this.table.write(after, revision);
  }

  /** What would be refused again and again is noted, and the next time is waited for. */
  private async submitAt({ name, definition }: StoredSchedule, time: Date): Promise<NonNullable<StoredSchedule['last']>> {
    const at = time.toISOString();
    const request = { submittedBy: `schedule ${name}`, ...definition.run, idempotencyKey: keyOf(name, time) };
    try {
      const { runId, existing } = await this.submit.execute(request, undefined, { schedule: name });
      if (!existing) this.counts.due('submitted');
      return { at, runId };
    } catch (error) {
      if (!(error instanceof AetError) || error.retryable) throw error;
      this.counts.due('refused');
      this.log.error('a schedule could not submit its run', { name, at, err: error });
      return { at, error: toErrorBody(error) };
    }
  }
}
