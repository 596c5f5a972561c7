import { IsBoolean, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import type { RunStatus } from '../run-events.js';
import { ServiceName } from '../service-name.js';
import { Empty, IDEMPOTENT, rpcMethod } from './method.js';
import { RUN_ID } from './orchestrator.js';

/** How it stands with this cell's copy of another cell's events. */
export interface CellCopyView {
  /** Messages of that cell's stream up to which the copy goes. */
  last: number;
  /** Messages that it lacks, as far as is known. */
  lag: number;
  /** Since that cell's server was last heard of, in milliseconds; absent: never. */
  heardMs?: number;
}
export interface CellView {
  cell: string;
  /** Whether something in it answers. */
  alive: boolean;
  /** What answered, or was heard. */
  sign?: string;
  copy?: CellCopyView;
  /** Why there is no copy to look at. */
  problem?: string;
}
export interface CellsView {
  /** The one that answers. */
  cell: string;
  /** The cells that it is joined with. */
  cells: CellView[];
  /** Runs of this cell's record that have not ended, by the cell that has them. */
  owners: { cell: string; status: RunStatus; runs: number }[];
}

export class AdoptCellRuns {
  /** The cell that was lost. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  cell!: string;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  by?: string;

  @IsOptional()
  @IsString()
  @MaxLength(2000)
  reason?: string;

  /** Only tells what would be done. */
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;

  /** Runs that have ended, too. */
  @IsOptional()
  @IsBoolean()
  all?: boolean;

  /** A run whose copy has a gap, or cannot be proven, is adopted as it was before that. */
  @IsOptional()
  @IsBoolean()
  acceptGap?: boolean;

  /** Although something in the cell is alive. */
  @IsOptional()
  @IsBoolean()
  force?: boolean;

  /** `next` of the page before. */
  @IsOptional()
  @Matches(RUN_ID, { message: 'after must be the id of a run' })
  after?: string;

  /** Runs of one page; 1 to 200, default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(200)
  limit?: number;
}
/**
 * `adopted`: it goes on here. `adoptable`: it would, without `dryRun`. `here`: it did before. `elsewhere`: it belongs to another cell. `ended`: there is
 * nothing to go on with. `refused`: its `reason` says why.
 */
export type AdoptionOutcome = 'adopted' | 'adoptable' | 'here' | 'elsewhere' | 'ended' | 'refused';
export interface RunAdoptionView {
  runId: string;
  outcome: AdoptionOutcome;
  /** Of its log, that were taken over. */
  events: number;
  /** From now on. */
  epoch?: number;
  reason?: string;
}
export interface AdoptionPage {
  from: string;
  /** The cell that adopts. */
  cell: string;
  dryRun: boolean;
  /** In the order of their ids. */
  runs: RunAdoptionView[];
  /** There are more: ask with it as `after`. */
  next?: string;
}

export class ListCellConflicts {
  /** 1 to 500; default 50. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}
/** A run that goes on in another cell, while the one that had it wrote more than the other knew of. */
export interface CellConflictView {
  runId: string;
  /** Who had it. */
  from: string;
  /** Who has it. */
  to: string;
  epoch: number;
  /** Place of the adoption in the log of the cell that has it. */
  sequence: number;
  /** Events of the one that had it from that place on: they stand in its log only. */
  divergent: number;
  /** RFC 3339. */
  noticedAt: string;
}
export interface CellConflictList {
  /** Noticed last first. */
  conflicts: CellConflictView[];
}

/** Where a cell's stream of events stands. */
export interface CellPosition {
  cell: string;
  /** Sequence of the last message: a copy that has it lacks nothing. */
  last: number;
}

export class ListAdoptions {
  /** Cell that had the runs. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  from!: string;

  /** `next` of the page before. */
  @IsOptional()
  @Matches(RUN_ID, { message: 'after must be the id of a run' })
  after?: string;
}
/** The event by which a run changed its cell, as it stands in the log of the cell that has it. */
export interface AdoptionEvent {
  runId: string;
  sequence: number;
  epoch: number;
  type: string;
  time: string;
  /** The text that the hash covers. */
  data: string;
  hash: string;
}
export interface AdoptionList {
  /** In the order of the runs' ids. */
  adoptions: AdoptionEvent[];
  next?: string;
}

export const CellRpc = {
  ls: rpcMethod<CellsView>()(
    ServiceName.Orchestrator,
    'cells',
    Empty,
    'The cells that this one is joined with, its copies of their events, and whose its runs are.',
    IDEMPOTENT,
  ),
  position: rpcMethod<CellPosition>()(
    ServiceName.Orchestrator,
    'cell-position',
    Empty,
    "Where this cell's stream of events stands.",
    IDEMPOTENT,
  ),
  adoptions: rpcMethod<AdoptionList>()(
    ServiceName.Orchestrator,
    'cell-adoptions',
    ListAdoptions,
    'Runs that this cell adopted from another: asked by that one when it comes back, before it does anything for them.',
    IDEMPOTENT,
  ),
  adopt: rpcMethod<AdoptionPage>()(
    ServiceName.Orchestrator,
    'cell-adopt',
    AdoptCellRuns,
    'Takes over runs of a cell that was lost, from the copy of its events; a page at a time.',
    IDEMPOTENT,
  ),
  conflicts: rpcMethod<CellConflictList>()(
    ServiceName.Orchestrator,
    'cell-conflicts',
    ListCellConflicts,
    'Runs whose log goes on differently in two cells.',
    IDEMPOTENT,
  ),
} as const;
