import { Type } from 'class-transformer';
import { IsIn, IsObject, IsOptional, IsString, Matches, MaxLength, ValidateNested } from 'class-validator';
import type { ErrorBody } from '../errors.js';
import { ServiceName } from '../service-name.js';
import { RFC3339 } from '../instant.js';
import { TOKEN } from '../token.js';
import { Empty, IDEMPOTENT, rpcMethod } from './method.js';
import { SubmitRun } from './orchestrator.js';
import { ByOperator } from './by-operator.js';

const A_NAME = { message: 'name must be 1 to 64 letters, digits, "_", "@" or "-", beginning with a letter or digit' };

/** Which of the times that passed while nobody was there are made up for. */
export const CATCH_UP = ['last', 'none', 'all'] as const;
export type CatchUp = (typeof CATCH_UP)[number];

/** Give either `cron` or `at`. */
export class ScheduleWord extends ByOperator {
  /** Five fields, or six with seconds first, or a name such as `@daily`. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cron?: string;

  /** RFC 3339: once, then. */
  @IsOptional()
  @Matches(RFC3339, { message: 'at must be a time with its zone, such as 2026-11-21T18:00:00Z' })
  at?: string;

  /** Of the cron expression, such as `Europe/Berlin`. Default: UTC. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  timeZone?: string;

  /** Default: last. */
  @IsOptional()
  @IsIn([...CATCH_UP])
  catchUp?: CatchUp;

  /** What is submitted each time. An idempotency key or a start of its own makes no sense here, and is refused. */
  @IsObject()
  @ValidateNested()
  @Type(() => SubmitRun)
  run!: SubmitRun;
}
export class PutSchedule extends ScheduleWord {
  @Matches(TOKEN, A_NAME)
  name!: string;
}
export class RemoveSchedule extends ByOperator {
  @Matches(TOKEN, A_NAME)
  name!: string;
}
export class PauseSchedule extends RemoveSchedule {}
export class ResumeSchedule extends RemoveSchedule {}

export interface ScheduleView {
  name: string;
  cron?: string;
  at?: string;
  timeZone: string;
  catchUp: CatchUp;
  run: SubmitRun;
  /** The next times, RFC 3339; none when it is paused or over. */
  next: string[];
  paused?: { by: string; at: string; reason?: string };
  /** What the last time gave. */
  last?: { at: string; runId?: string; error?: ErrorBody };
  by: string;
  updatedAt: string;
}
export interface ScheduleList {
  schedules: ScheduleView[];
}
export interface ScheduleRemoved {
  name: string;
  /** False: there was none. */
  removed: boolean;
}

/** Runs that begin by themselves. Each is a path of the gateway and a command of `aet schedules` of the same name. */
export const ScheduleRpc = {
  put: rpcMethod<ScheduleView>()(
    ServiceName.Orchestrator,
    'schedule-put',
    PutSchedule,
    'Submits a run at the times of a cron expression, or once at a time; replaces the schedule of that name.',
    IDEMPOTENT,
  ),
  ls: rpcMethod<ScheduleList>()(
    ServiceName.Orchestrator,
    'schedule-ls',
    Empty,
    'The schedules with their next times.',
    IDEMPOTENT,
  ),
  rm: rpcMethod<ScheduleRemoved>()(
    ServiceName.Orchestrator,
    'schedule-rm',
    RemoveSchedule,
    'Removes a schedule; its runs stay.',
    IDEMPOTENT,
  ),
  pause: rpcMethod<ScheduleView>()(
    ServiceName.Orchestrator,
    'schedule-pause',
    PauseSchedule,
    'Nothing is submitted until the schedule is resumed; times that pass are left out.',
    IDEMPOTENT,
  ),
  resume: rpcMethod<ScheduleView>()(
    ServiceName.Orchestrator,
    'schedule-resume',
    ResumeSchedule,
    'A paused schedule goes on with its next time.',
    IDEMPOTENT,
  ),
} as const;
