import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import type { ErrorBody } from '../errors.js';
import { Durability, PRIORITIES, Priority } from '../priority.js';
import { RunStatus, type StoredRunEvent } from '../run-events.js';
import { ServiceName } from '../service-name.js';
import type { Performer } from '../task.js';
import type { WorkflowDocument } from '../workflow.js';
import { Empty, IDEMPOTENT, rpcMethod } from './method.js';

/** A run id is a UUID of version 7: sortable by time. */
export const RUN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Give either `workflow` (a name that the orchestrator knows), or `document` (a whole workflow). */
export class SubmitRun {
  @IsOptional()
  @IsString()
  @MaxLength(64)
  workflow?: string;

  @IsOptional()
  @IsObject()
  document?: WorkflowDocument;

  @IsOptional()
  @IsObject()
  inputs?: Record<string, unknown>;

  @IsOptional()
  @IsIn([...PRIORITIES])
  priority?: Priority;

  @IsOptional()
  @IsIn(Object.values(Durability))
  durability?: Durability;

  /** The same key gives the same run, however often it is sent. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  idempotencyKey?: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  submittedBy?: string;
}
export interface RunAccepted {
  runId: string;
  correlationId: string;
  cell: string;
  /** True when an earlier submit with the same idempotency key made the run. */
  existing: boolean;
}

/** Runs that are accepted together, each by itself: what is wrong with one is said of that one. */
export class SubmitManyRuns {
  /** 1 to 500. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @ValidateNested({ each: true })
  @Type(() => SubmitRun)
  runs!: SubmitRun[];
}
export interface RunsAccepted {
  /** One for each run, in the order of the request. */
  results: ({ accepted: RunAccepted } | { error: ErrorBody })[];
}

export class RunId {
  @Matches(RUN_ID, { message: 'runId must be a UUID of version 7, as given by the submit' })
  runId!: string;
}

export class ListRuns {
  @IsOptional()
  @IsIn(Object.values(RunStatus))
  status?: RunStatus;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  workflow?: string;

  /** 1 to 500; default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;

  /** `next` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}

export interface RunSummary {
  runId: string;
  workflow: string;
  status: RunStatus;
  priority: Priority;
  cell: string;
  correlationId: string;
  submittedAt: string;
  updatedAt: string;
  attempts: { scheduled: number; completed: number; failed: number };
  error?: ErrorBody;
}
export interface RunPage {
  runs: RunSummary[];
  next?: string;
}

export type StepStatus = 'waiting' | 'running' | 'completed' | 'failed' | 'skipped';

export interface StepView {
  name: string;
  task: string;
  needs: string[];
  status: StepStatus;
  /** Of a fan-out: how many tasks, and how many are done. */
  items?: { total: number; done: number };
  attempts: number;
  output?: unknown;
  error?: ErrorBody;
  by?: Performer;
  startedAt?: string;
  finishedAt?: string;
}
export interface RunView extends RunSummary {
  inputs: Record<string, unknown>;
  /** Whether its events wait for the disk before they are acknowledged. */
  durability?: Durability;
  output?: unknown;
  steps: StepView[];
}

export class ReadRunEvents extends RunId {
  /** Only events after this sequence; default 0. */
  @IsOptional()
  @IsInt()
  @Min(0)
  after?: number;

  /** 1 to 1000; default 200. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;
}
export interface RunEventPage {
  events: StoredRunEvent[];
}

export class AttemptQuery extends RunId {
  @IsString()
  @MaxLength(64)
  step!: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  item?: number;

  @IsInt()
  @Min(1)
  attempt!: number;
}
/** `open`: do it. `finished`: a result stands in the log. `superseded`: a later attempt or owner took its place. */
export interface AttemptState {
  state: 'open' | 'finished' | 'superseded';
}

export interface WorkflowList {
  workflows: { name: string; description?: string; document: WorkflowDocument }[];
}

export const OrchestratorRpc = {
  submit: rpcMethod<RunAccepted>()(
    ServiceName.Orchestrator,
    'submit',
    SubmitRun,
    'Accepts a run; the reply comes after its events are committed.',
  ),
  submitMany: rpcMethod<RunsAccepted>()(
    ServiceName.Orchestrator,
    'submit-many',
    SubmitManyRuns,
    'Accepts many runs in one request; each has its own answer, a run or an error, after its events are committed.',
  ),
  get: rpcMethod<RunView>()(ServiceName.Orchestrator, 'get', RunId, 'A run with its steps, folded from the log.', IDEMPOTENT),
  list: rpcMethod<RunPage>()(ServiceName.Orchestrator, 'list', ListRuns, 'Runs, newest first.', IDEMPOTENT),
  events: rpcMethod<RunEventPage>()(ServiceName.Orchestrator, 'events', ReadRunEvents, 'The log of a run.', IDEMPOTENT),
  attempt: rpcMethod<AttemptState>()(
    ServiceName.Orchestrator,
    'attempt',
    AttemptQuery,
    'Whether an attempt is still to be done.',
    IDEMPOTENT,
  ),
  workflows: rpcMethod<WorkflowList>()(
    ServiceName.Orchestrator,
    'workflows',
    Empty,
    'The workflows that can be submitted by name.',
    IDEMPOTENT,
  ),
} as const;
