import {
  NotFound,
  type PauseSchedule,
  type PutSchedule,
  type RemoveSchedule,
  type ScheduleRemoved,
  type ScheduleView,
  Unavailable,
  ValidationFailed,
} from '@aet/contracts';
import { assertTiming, nextTimes } from '../domain/schedule-times.js';
import { audited } from './audited.js';
import { wordOf } from './operate-run.js';
import type { Auditor } from './ports.js';
import type { ScheduleDefinition, ScheduleTable, StoredSchedule } from './schedule-table.js';
import type { SubmitRun } from './submit-run.js';

/** Next times that are shown. */
const SHOWN = 3;
/** Replicas that change one schedule at once make each other try again. */
const TRIES = 10;

type Change = (before: StoredSchedule | undefined) => Omit<StoredSchedule, 'revision' | 'name'> | undefined;

/** What an operator sees and says of the runs that begin by themselves. */
export class ManageSchedules {
  constructor(
    private readonly table: ScheduleTable,
    private readonly submit: Pick<SubmitRun, 'check'>,
    private readonly audit: Auditor,
    private readonly now: () => Date,
  ) {}

  async list(): Promise<ScheduleView[]> {
    return (await this.table.list()).map((schedule) => this.view(schedule));
  }

  /** @throws {ValidationFailed} when it never comes, or its run would be refused */
  put(request: PutSchedule): Promise<ScheduleView> {
    const { name } = request;
    const definition = definitionOf(request);
    return this.change(
      'schedule.put',
      { ...wordOf(request), ...definition },
      async () => {
        assertTiming(definition, this.now());
        await this.submit.check(definition.run);
        return (before) => {
          // Said again, it must not skip a time that has just come.
          if (before !== undefined && JSON.stringify(before.definition) === JSON.stringify(definition)) return undefined;
          return this.goingOn({ ...kept(before), definition }, request);
        };
      },
      name,
    );
  }

  pause(request: PauseSchedule): Promise<ScheduleView> {
    return this.change(
      'schedule.paused',
      request,
      async () => (before) => {
        const { nextAt: _nextAt, ...schedule } = known(request.name, before);
        if (schedule.paused !== undefined) return undefined;
        const paused = { ...wordOf(request), at: this.now().toISOString() };
        return { ...schedule, paused, updatedBy: wordOf(request).by, updatedAt: this.now() };
      },
      request.name,
    );
  }

  resume(request: PauseSchedule): Promise<ScheduleView> {
    return this.change(
      'schedule.resumed',
      request,
      async () => (before) => {
        const { paused, ...schedule } = known(request.name, before);
        return paused === undefined ? undefined : this.goingOn(schedule, request);
      },
      request.name,
    );
  }

  remove(request: RemoveSchedule): Promise<ScheduleRemoved> {
    const { name } = request;
    return audited(this.audit, { action: 'schedule.removed', name, ...wordOf(request) }, async () => ({
      name,
      removed: await this.table.remove(name),
    }));
  }

  private change(
    action: string,
    facts: { by?: string; reason?: string },
    prepare: () => Promise<Change>,
    name: string,
  ): Promise<ScheduleView> {
    return audited(this.audit, { action, ...facts, name, ...wordOf(facts) }, async () => {
      const change = await prepare();
      for (let tries = 0; tries < TRIES; tries++) {
        const before = await this.table.find(name);
        const after = change(before);
        if (after === undefined && before !== undefined) return this.view(before);
        if (after === undefined || !(await this.table.write({ ...after, name }, before?.revision ?? 0))) continue;
        return this.view({ ...after, name, revision: 0 });
      }
      throw new Unavailable(`the schedule ${name} changed ${TRIES} times while it was being written: say it again`);
    });
  }

  /** From its next time on; a paused one stays so. */
  private goingOn(
    schedule: Pick<StoredSchedule, 'definition' | 'paused' | 'last'>,
    request: PauseSchedule | PutSchedule,
  ): ReturnType<Change> {
    const [next] = nextTimes(schedule.definition, this.now(), 1);
    const { definition, paused, last } = schedule;
    return {
      definition,
      ...(paused === undefined ? (next === undefined ? {} : { nextAt: next }) : { paused }),
      ...(last === undefined ? {} : { last }),
      updatedBy: wordOf(request).by,
      updatedAt: this.now(),
    };
  }

  private view({ name, definition, nextAt, paused, last, updatedBy, updatedAt }: StoredSchedule): ScheduleView {
    const following = nextAt === undefined ? [] : [nextAt, ...nextTimes(definition, nextAt, SHOWN - 1)];
    return {
      name,
      ...definition,
      next: following.map((time) => time.toISOString()),
      ...(paused === undefined ? {} : { paused }),
      ...(last === undefined ? {} : { last }),
      by: updatedBy,
      updatedAt: updatedAt.toISOString(),
    };
  }
}

function definitionOf({ cron, at, timeZone = 'UTC', catchUp = 'last', run }: PutSchedule): ScheduleDefinition {
  for (const path of ['idempotencyKey', 'startAt'] as const) {
    if (run[path] === undefined) continue;
    const message = `a schedule gives each of its runs a ${path} of its own: leave run.${path} out`;
    throw new ValidationFailed(message, [{ path: `run.${path}`, rule: 'absent', message }]);
  }
  return {
    ...(cron === undefined ? {} : { cron }),
    ...(at === undefined ? {} : { at }),
    timeZone,
    catchUp,
    run,
  };
}

const kept = (before: StoredSchedule | undefined): Pick<StoredSchedule, 'paused' | 'last'> => ({
  ...(before?.paused === undefined ? {} : { paused: before.paused }),
  ...(before?.last === undefined ? {} : { last: before.last }),
});

function known(name: string, schedule: StoredSchedule | undefined): StoredSchedule {
  if (schedule === undefined) throw new NotFound(`there is no schedule "${name}": see \`aet schedules ls\``);
  return schedule;
}
