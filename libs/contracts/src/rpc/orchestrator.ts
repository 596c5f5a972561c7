import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
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
import { RFC3339 } from '../instant.js';
import { Durability, Lane, LANES, PRIORITIES, Priority } from '../priority.js';
import { type RunOrigin, type RunParent, RunStatus, type StoredRunEvent } from '../run-events.js';
import { ServiceName } from '../service-name.js';
import type { CachedFrom, Performer } from '../task.js';
import type { StepKind, WorkflowDocument } from '../workflow.js';
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

  /** How urgent it is to its giver; sets what is not said: `real-time` is of high priority, `background` of low, and relaxed. */
  @IsOptional()
  @IsIn([...LANES])
  lane?: Lane;

  /** RFC 3339: nothing begins before. Absent, or past: at once. */
  @IsOptional()
  @Matches(RFC3339, { message: 'startAt must be a time with its zone, such as 2026-11-21T18:00:00Z' })
  startAt?: string;

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

const STATUS = Object.values(RunStatus).join('|');
const STATUSES = new RegExp(`^(${STATUS})(,(${STATUS}))*$`);

/** All that is given must hold. */
export class ListRuns {
  /** One of `RunStatus`, or several with commas between. */
  @IsOptional()
  @Matches(STATUSES, { message: `status must be one of ${Object.values(RunStatus).join(', ')}, or several with commas between` })
  status?: string;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  workflow?: string;

  /** Words that stand in the workflow's name or in the error, each as a beginning: `time` finds a timeout. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  text?: string;

  @IsOptional()
  @IsIn([...PRIORITIES])
  priority?: Priority;

  @IsOptional()
  @IsIn([...LANES])
  lane?: Lane;

  @IsOptional()
  @IsString()
  @MaxLength(64)
  cell?: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  submittedBy?: string;

  /** Sub-runs of that run. */
  @IsOptional()
  @Matches(RUN_ID, { message: 'parent must be the id of a run' })
  parent?: string;

  /** Runs that the schedule of that name submitted. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  schedule?: string;

  /** Submitted at that time or later, RFC 3339. */
  @IsOptional()
  @Matches(RFC3339, { message: '$property must be a time with its zone, such as 2026-11-21T18:00:00Z' })
  since?: string;

  /** Submitted before that time, RFC 3339. */
  @IsOptional()
  @Matches(RFC3339, { message: '$property must be a time with its zone, such as 2026-11-21T18:00:00Z' })
  before?: string;

  /** Whether the page shall say how many runs there are, by status and by workflow; whatever the filters are. */
  @IsOptional()
  @IsBoolean()
  counts?: boolean;

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
  submittedBy?: string;
  lane?: Lane;
  /** Id of the run that it is a sub-run of. */
  parent?: string;
  /** Name of the schedule that submitted it. */
  schedule?: string;
}

export type CountsByStatus = Partial<Record<RunStatus, number>>;
/** How many runs the cell's list has. Kept with each append, so it costs the same at any number of runs. */
export interface RunCounts {
  total: number;
  byStatus: CountsByStatus;
  /** Those with most runs first; at most 200. */
  byWorkflow: { workflow: string; total: number; byStatus: CountsByStatus }[];
}
export interface RunPage {
  runs: RunSummary[];
  next?: string;
  counts?: RunCounts;
}

export type StepStatus = 'waiting' | 'running' | 'completed' | 'failed' | 'skipped';

export interface StepView {
  name: string;
  kind: StepKind;
  /** What does it: a capability, a workflow, or in words. */
  task: string;
  /** The steps that end before it begins: those that it names, and every branch that names it. */
  needs: string[];
  status: StepStatus;
  /** Of a fan-out: how many tasks, and how many are done. */
  items?: { total: number; done: number };
  attempts: number;
  output?: unknown;
  error?: ErrorBody;
  by?: Performer;
  /** Nothing was executed: the output is an earlier attempt's. */
  cached?: CachedFrom;
  /** What keeps it, when that is no task: a time, a signal, an approval (its text), sub-runs (their ids), or in words a host that can do its task: there is none. */
  waitsFor?: { until?: string; signal?: string; approval?: string; approvers?: string[]; runs?: string[]; host?: string };
  /** It undoes this step; it stands in no document. */
  compensates?: string;
  startedAt?: string;
  finishedAt?: string;
}
/** A sub-run that a step began; `status` is that of the attempt. */
export interface ChildView {
  runId: string;
  step: string;
  item?: number;
  attempt: number;
  status: 'running' | 'completed' | 'failed' | 'cancelled';
}
/** A signal that the run has had. */
export interface SignalView {
  id: string;
  name: string;
  by: string;
  at: string;
  /** The step that waited for it. */
  takenBy?: string;
}
export interface RunView extends RunSummary {
  inputs: Record<string, unknown>;
  /** Whether its events wait for the disk before they are acknowledged. */
  durability?: Durability;
  /** RFC 3339: nothing begins before. */
  startAt?: string;
  /** The step of `parent` that waits for its end. */
  caller?: RunParent;
  origin?: RunOrigin;
  /** The first hundred that it has begun. */
  children?: ChildView[];
  /** The last hundred that it has had. */
  signals?: SignalView[];
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
  /** Of a compensation: `<step>~undo`. */
  @IsString()
  @MaxLength(80)
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
  /** Of an open one: what its task has kept so far. */
  saved?: unknown;
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
