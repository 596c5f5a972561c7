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
} from 'class-validator';
import { PRIORITIES, Priority } from '../priority.js';
import type { RunStatus, StoredRunEvent } from '../run-events.js';
import { ServiceName } from '../service-name.js';
import { TOKEN } from '../token.js';
import type { WorkflowDocument } from '../workflow.js';
import { IDEMPOTENT, rpcMethod } from './method.js';
import { RUN_ID, type RunAccepted, RunId, type RunSummary } from './orchestrator.js';
import { ByOperator } from './by-operator.js';

/** So many characters of JSON stay below a message's size, whatever they are. */
export const IMPORT_PART_CHARS = 200_000;

const A_RUN = { message: 'runId must be a UUID of version 7, as given by the submit' };
const STEP = /^[A-Za-z][\w-]{0,62}$/;

export class CancelRun extends ByOperator {
  @Matches(RUN_ID, A_RUN)
  runId!: string;
}
export class PauseRun extends CancelRun {}
export class ResumeRun extends CancelRun {}
export class RedriveRun extends CancelRun {}

export class SignalWord extends ByOperator {
  /** As a `wait` step of the workflow names it. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  name!: string;

  /** A signal that comes again with the same id counts once: a request whose answer was lost can be repeated. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  id!: string;

  /** Any JSON; the output of the step that waits. Default null. */
  @IsOptional()
  payload?: unknown;
}
export class SignalRun extends SignalWord {
  @Matches(RUN_ID, A_RUN)
  runId!: string;
}

export class DecisionWord extends ByOperator {
  /** May be left out where only one approval is asked for. */
  @IsOptional()
  @Matches(STEP, { message: 'step must be the name of a step' })
  step?: string;
}
export class ApproveRun extends DecisionWord {
  @Matches(RUN_ID, A_RUN)
  runId!: string;
}
export class RejectRun extends ApproveRun {}

export class PrioritizeWord extends ByOperator {
  @IsIn([...PRIORITIES])
  priority!: Priority;
}
export class PrioritizeRun extends PrioritizeWord {
  @Matches(RUN_ID, A_RUN)
  runId!: string;
}

class NewRunWord extends ByOperator {
  /** Instead of the inputs of the same names that the run had. */
  @IsOptional()
  @IsObject()
  inputs?: Record<string, unknown>;

  @IsOptional()
  @IsIn([...PRIORITIES])
  priority?: Priority;

  /** The same key gives the same run, however often it is sent. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  idempotencyKey?: string;
}
export class RerunWord extends NewRunWord {
  /** This step and all that follow from it are done anew; what had ended elsewhere is kept. Absent: everything is done anew. */
  @IsOptional()
  @Matches(STEP, { message: 'from must be the name of a step' })
  from?: string;
}
export class RerunRun extends RerunWord {
  @Matches(RUN_ID, A_RUN)
  runId!: string;
}
export class ForkWord extends NewRunWord {
  /** Of the run's log: what had ended up to there is kept. */
  @IsInt()
  @Min(1)
  sequence!: number;
}
export class ForkRun extends ForkWord {
  @Matches(RUN_ID, A_RUN)
  runId!: string;
}

/** Give at most one: what would another workflow have done with what came back? Neither: would today's program do the same again? */
export class ReplayWord {
  @IsOptional()
  @IsString()
  @MaxLength(64)
  workflow?: string;

  @IsOptional()
  @IsObject()
  document?: WorkflowDocument;
}
export class ReplayRun extends ReplayWord {
  @Matches(RUN_ID, A_RUN)
  runId!: string;
}

export class DiffRuns extends RunId {
  @Matches(RUN_ID, { message: 'other must be a UUID of version 7, as given by the submit' })
  other!: string;
}

export class ExportRun extends RunId {
  /** `next` of the page before. */
  @IsOptional()
  @Matches(/^\d{1,9}\.\d{1,9}$/, { message: 'cursor must be `next` of an earlier page' })
  cursor?: string;
}
/** A part of an exported run, in order. The parts of one import are put together by its id; the last one brings the run into the log. */
export class ImportRun extends ByOperator {
  /** Made by the sender. */
  @Matches(TOKEN, { message: 'importId must be 1 to 64 letters, digits or "-"' })
  importId!: string;

  /** From 0. */
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  part!: number;

  /** Any piece of the text; at most `IMPORT_PART_CHARS`. */
  @IsString()
  @MaxLength(IMPORT_PART_CHARS)
  text!: string;

  @IsBoolean()
  last!: boolean;
}

export class FindRuns {
  /** At least 8 characters of a run id. */
  @Matches(/^[0-9a-f][0-9a-f-]{7,35}$/, { message: 'prefix must be the first 8 characters of a run id, or more' })
  prefix!: string;
}
export class AskRunStates {
  /** 1 to 500. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(500)
  @Matches(RUN_ID, { ...A_RUN, each: true })
  runIds!: string[];
}

/** Where a run stands after an operator's word. */
export interface RunActed {
  runId: string;
  status: RunStatus;
  /** Of the last event. */
  sequence: number;
  /** False: it was so before, as when the request came again. */
  changed: boolean;
}

/** One thing that is not the same: where (a dotted path), and the values; absent where there is none. */
export interface RunDifference {
  path: string;
  before?: unknown;
  after?: unknown;
}
export interface RunDifferences {
  same: boolean;
  /** At most 200; values that are large are named by their size. */
  differences: RunDifference[];
  /** So many more. */
  more: number;
}
export interface RunsDiff extends RunDifferences {
  runs: [RunSummary, RunSummary];
}
export interface RunReplayed extends RunDifferences {
  runId: string;
  workflow: string;
  /** How many events were replayed. */
  events: number;
}

export const RUN_EXPORT_FORMAT = 'aet/run-export.v1';
/** The first line of an exported run. */
export interface RunExportHeader {
  format: typeof RUN_EXPORT_FORMAT;
  runId: string;
  workflow: string;
  status: RunStatus;
  cell: string;
  events: number;
  /** Of the last event, hex: the end of the hash chain. */
  headHash: string;
  /** RFC 3339. */
  exportedAt: string;
}
/** A piece of a value that events refer to; it stands before the first of them. */
export interface RunExportPayload {
  payload: { sha256: string; bytes: number; part: number; parts: number; text: string };
}
/** An event as it is stored: its hash covers the JSON text of `data`. */
export interface RunExportEvent {
  event: Pick<StoredRunEvent, 'sequence' | 'time' | 'hash'> & { type: string; data: unknown };
}
export type RunExportLine = RunExportHeader | RunExportPayload | RunExportEvent;

export interface RunExportPage {
  /** One a line of the file. */
  lines: RunExportLine[];
  next?: string;
}
export interface RunImported {
  /** Parts that came; absent in the last answer. */
  received?: number;
  runId?: string;
  events?: number;
  /** The very same run was there already. */
  existing?: boolean;
}

export interface RunsFound {
  /** At most 10. */
  runIds: string[];
}
export interface RunStatesKnown {
  /** Of the runs that are known here. */
  states: Record<string, RunStatus>;
}

const service = ServiceName.Orchestrator;

/** What an operator does to a run. Each is a path of the gateway and a command of `aet runs` of the same name. */
export const RunsRpc = {
  cancel: rpcMethod<RunActed>()(
    service,
    'cancel',
    CancelRun,
    'Ends a run: what it does is stopped, sub-runs included, and what it did is undone where the workflow says how.',
    IDEMPOTENT,
  ),
  pause: rpcMethod<RunActed>()(service, 'pause', PauseRun, 'Nothing new begins in the run; what runs is finished.', IDEMPOTENT),
  resume: rpcMethod<RunActed>()(service, 'resume', ResumeRun, 'A paused run goes on.', IDEMPOTENT),
  signal: rpcMethod<RunActed>()(
    service,
    'signal',
    SignalRun,
    'Tells a run something that a step of it waits for, or will.',
    IDEMPOTENT,
  ),
  approve: rpcMethod<RunActed>()(service, 'approve', ApproveRun, 'Says yes where a run asks for an approval.', IDEMPOTENT),
  reject: rpcMethod<RunActed>()(service, 'reject', RejectRun, 'Says no where a run asks for an approval.', IDEMPOTENT),
  prioritize: rpcMethod<RunActed>()(
    service,
    'prioritize',
    PrioritizeRun,
    'Another priority for the run; what waits in the queue is moved.',
    IDEMPOTENT,
  ),
  redrive: rpcMethod<RunActed>()(
    service,
    'redrive',
    RedriveRun,
    'Takes a failed or cancelled run up again: the tasks that ended it get another attempt.',
  ),
  rerun: rpcMethod<RunAccepted>()(
    service,
    'rerun',
    RerunRun,
    'A new run of the same workflow, from a step on; finished outputs that do not depend on it are kept.',
  ),
  fork: rpcMethod<RunAccepted>()(
    service,
    'fork',
    ForkRun,
    'A new run that goes on from a place in the log of another, which stays as it is.',
  ),
  replay: rpcMethod<RunReplayed>()(
    service,
    'replay',
    ReplayRun,
    'Decides a run again from what came back, without doing anything, and says what would differ.',
    IDEMPOTENT,
  ),
  diff: rpcMethod<RunsDiff>()(service, 'diff', DiffRuns, 'What differs between two runs.', IDEMPOTENT),
  export: rpcMethod<RunExportPage>()(
    service,
    'export',
    ExportRun,
    'A page of an ended run as lines of JSON, with its hash chain and its large values.',
    IDEMPOTENT,
  ),
  import: rpcMethod<RunImported>()(
    service,
    'import',
    ImportRun,
    'Takes a part of an exported run; with the last one the run is checked and stands in the log as it was.',
    IDEMPOTENT,
  ),
  find: rpcMethod<RunsFound>()(service, 'find', FindRuns, 'Ids of the runs that begin so.', IDEMPOTENT),
  states: rpcMethod<RunStatesKnown>()(service, 'states', AskRunStates, 'How many runs stand, by id.', IDEMPOTENT),
} as const;
