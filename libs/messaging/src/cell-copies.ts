import type { CloudEvent } from '@aet/contracts';

/** How it stands with the copy that this cell has of another cell's events. */
export interface CopyState {
  cell: string;
  /** Sequence of the last message that it has, in the other cell's stream; 0: none. */
  last: number;
  /** Messages that it lacks, as far as the server knows. */
  lag: number;
  /** Since the server last heard of the other cell's stream, in milliseconds; absent: it never did. */
  heardMs?: number;
}

/** Facts that stood together in one message of a copy. */
export interface CopiedFacts {
  /** Of the message, in the stream of the cell that told them. */
  sequence: number;
  facts: CloudEvent[];
}

/**
 * The copies of other cells' events, kept by this cell's server: they can be read while the other cell is away. At least once, in the order of
 * that cell's stream; several replicas of one cell tell a run's events side by side, so those of one run may come in another order than theirs.
 */
export abstract class CellCopies {
  /** Cells of which this one keeps copies. */
  abstract readonly cells: readonly string[];
  /** @throws {NotFound} there is no copy of that cell */
  abstract state(cell: string): Promise<CopyState>;
  /** Where the own stream of events stands: what the copies in other cells should have. */
  abstract ownEnd(): Promise<number>;
  /** The stored facts of all runs of that cell, or of one, then the end. */
  abstract runFacts(cell: string, options?: { runId?: string; after?: number }): AsyncIterable<CopiedFacts>;
}
