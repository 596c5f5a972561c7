import type { AttemptRef, Priority } from '@aet/contracts';

/** An attempt that is scheduled and not finished: the projection that relay and sweeper work from. */
export interface OpenDispatch extends AttemptRef {
  /** Sequence of the scheduling event in the run's log. */
  eventSequence: number;
  capability: string;
  priority: Priority;
  /** Unix milliseconds; 0: at once. */
  notBefore: number;
  /** Unix milliseconds: when the log got it. Due is the later of this and `notBefore`. */
  scheduledAt: number;
  /** It waits for its turn among the tasks of its capability with this key. */
  orderKey?: string;
  /** How often it was published under a new id because the stream had lost it. */
  redispatches: number;
  /** Where the task stream put it; absent: not yet published. */
  streamSequence?: number;
  /** Among the tasks of which priority it was put; another than `priority`: the run's was changed since. */
  publishedAs?: Priority;
  /** Unix milliseconds. */
  publishedAt?: number;
}

/**
 * Open dispatches of a cell. A row appears and goes in the commit of the event that says so; only `published*` is written here.
 * Losing every row loses nothing: they follow from the log.
 */
export abstract class DispatchTable {
  /** Rows that were never published and are due before `dueBefore` (unix ms), oldest first. Of ordered ones only those whose turn it is. */
  abstract unpublished(dueBefore: number, limit: number): Promise<OpenDispatch[]>;
  /** Rows that were published before `publishedBefore` (unix ms) and are still open. */
  abstract lingering(publishedBefore: number, limit: number): Promise<OpenDispatch[]>;
  abstract markPublished(rows: readonly PublishedTask[], at: number): Promise<void>;
  /** Rows that were published under another priority than they have now. */
  abstract misplaced(limit: number): Promise<OpenDispatch[]>;

  /** Tasks that the stream has and nobody waits for: their rows are gone. */
  abstract unwanted(limit: number): Promise<{ capability: string; priority: Priority; streamSequence: number }[]>;
  /** They are out of the stream, or a host has them. */
  abstract withdrawn(streamSequences: readonly number[]): Promise<void>;

  /** Keys of which tasks wait, at most `limit`: of each, one may have its turn. */
  abstract orderedKeys(limit: number): Promise<OrderedKey[]>;
  /**
   * Takes back the turn of every task that is over, and gives a turn to the first task of each of these keys and of those that were freed,
   * unless another has it: one task of a key at a time, over all its attempts. Returns the rows that have their turn now.
   */
  abstract giveTurns(keys: readonly OrderedKey[]): Promise<OpenDispatch[]>;
}

/** A task that the stream has. */
export interface PublishedTask extends AttemptRef {
  streamSequence: number;
  redispatches: number;
  publishedAs: Priority;
}

/** Tasks of one capability with the same key run one after the other. */
export interface OrderedKey {
  capability: string;
  orderKey: string;
}

/** How far each run's events were told to the event stream. */
export abstract class FactCursor {
  /** Runs whose log is ahead of what was told for longer than `olderThanMs`. */
  abstract behind(olderThanMs: number, limit: number): Promise<{ runId: string; told: number; sequence: number }[]>;
  /**
   * Events `after` + 1 to `told` of a run were told. Ignored where the log's own mark stands before `after`: another replica still owes
   * what lies between, and must be missed if it dies.
   */
  abstract advance(rows: readonly { runId: string; after: number; told: number }[]): Promise<void>;
}
