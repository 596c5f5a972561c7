import type { AdoptionEvent, PayloadRef } from '@aet/contracts';

/** Asks other cells over the leaf links. */
export abstract class OtherCells {
  /** What in that cell is alive, in words; undefined: nothing that could be asked. */
  abstract signOfLife(cell: string): Promise<string | undefined>;
  /** Runs of this cell that that one adopted; undefined: nobody there answers. */
  abstract adoptions(cell: string): Promise<AdoptionEvent[] | undefined>;
}

/** The values of this cell that events refer to. */
export abstract class KeptPayloads {
  abstract has(ref: PayloadRef): Promise<boolean>;
}

/** What is counted and shown of runs that change their cell. */
export abstract class CellFigures {
  abstract adopted(from: string): void;
  abstract ceded(to: string): void;
  /** An event of the cell that had a run, behind the place where this cell took it over. */
  abstract stale(from: string): void;
  abstract copies(lags: ReadonlyMap<string, number>): void;
  /** Runs whose log goes on differently in two cells. */
  abstract conflicts(runs: number): void;
}

/** Ends what this cell still does for a run that it lost. */
export abstract class WorkStopper {
  /** Tasks that no host has got yet leave the stream, hosts that have one are told. Never rejects. */
  abstract stop(runId: string, tasks: readonly { capability: string; priority: string; streamSequence: number }[]): Promise<void>;
}
