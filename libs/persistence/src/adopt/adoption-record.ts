import type { AdoptionEvent, RunEvent, RunStatus } from '@aet/contracts';
import type { LinkedEvent } from '../hash-chain.js';

/** `imported`: it is ours now. `existing`: it was before. `diverged`: the log here holds other events of that run. */
export type Imported = 'imported' | 'existing' | 'diverged';

/** A run of this cell that another one adopted. */
export interface Ceded {
  runId: string;
  /** Events that were committed here behind the place where the other cell took the run over: it does not have them. */
  divergent: number;
  /** Tasks of it that are, or may be, in the stream. */
  tasks: { capability: string; priority: string; streamSequence: number }[];
}

/** A run whose log goes on differently in two cells. */
export interface RunConflict {
  runId: string;
  /** Who had it. */
  from: string;
  /** Who has it now. */
  to: string;
  epoch: number;
  /** Place of the adoption in the log of the cell that has it. */
  sequence: number;
  /** Events of the cell that had it, behind that place: kept there, and in no other log. */
  divergent: number;
  noticedAt: string;
}

/** How many runs here belong to a cell. */
export interface OwnedRuns {
  cell: string;
  status: RunStatus;
  runs: number;
}

/** What a run's change of owner does to the record of this cell: logs taken in, and logs closed. */
export abstract class AdoptionRecord {
  /**
   * One transaction: the run's events as they stand in the other cell's log, then those that follow here, and every projection as if all had been
   * appended. What is here already of them stays; nothing is written over.
   * @param copied all of them, from the first
   * @param following begin with `run.adopted`
   */
  abstract import(runId: string, copied: readonly LinkedEvent[], following: readonly RunEvent[]): Promise<Imported>;
  /**
   * Closes the log of a run that another cell adopted: with that cell's own event where the log stands as it stood there, else with one that says the same.
   * From then on no replica of this cell can append to it. Undefined: the run is not known here, or this is known.
   */
  abstract cede(adopted: LinkedEvent): Promise<Ceded | undefined>;
  /** The cell that had the run told an event behind the place where this cell took it over: it is refused, and counted. */
  abstract refuse(runId: string, sequence: number): Promise<void>;
  /** Events by which this cell took over runs of another, in the order of their ids. */
  abstract adoptedFrom(cell: string, after: string, limit: number): Promise<AdoptionEvent[]>;
  /** Those of them that are not known here yet. */
  abstract unknownAmong(adoptions: readonly AdoptionEvent[]): Promise<AdoptionEvent[]>;
  /** Places of the adoptions by this cell, by run. */
  abstract adoptedHere(): Promise<Map<string, number>>;

  /** Runs whose log goes on differently in two cells, those noticed last first. */
  abstract conflicts(limit: number): Promise<RunConflict[]>;
  abstract owned(): Promise<OwnedRuns[]>;

  /** Sequence up to which a cell's copied facts were looked at; 0: not at all. */
  abstract seen(cell: string): Promise<number>;
  abstract noteSeen(cell: string, sequence: number): Promise<void>;
}
