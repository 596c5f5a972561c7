import type { RunStatus } from '@aet/contracts';
import type { LinkedEvent } from '../hash-chain.js';

/** Whole runs, in and out of the log exactly as they stand in it: type, time, text and hash of each event. */
export abstract class RunCopies {
  /** Events after `after` in order, at most `limit`. The chain is checked. Empty for an unknown run. */
  abstract export(runId: string, after: number, limit: number): Promise<LinkedEvent[]>;
  /**
   * One transaction: all events, and the projections as if they had been appended; or nothing. `existing`: the very same run was there.
   * @param batches may be asked for again
   * @throws {Conflict} when another one with this id, or with its idempotency key, is there. @throws {InternalError} when the chain is broken
   */
  abstract import(runId: string, batches: () => AsyncIterable<readonly LinkedEvent[]>): Promise<'imported' | 'existing'>;
}

/** Parts of runs that are on their way in. They lie in the database, so that any replica may get the next one. */
export abstract class ImportParts {
  /** The same part may come again. */
  abstract put(importId: string, part: number, text: string): Promise<void>;
  /** The texts in order. @throws {Conflict} when one before the last that came is missing */
  abstract read(importId: string): AsyncIterable<string>;
  abstract remove(importId: string): Promise<void>;
  /** Those of imports whose sender has gone. */
  abstract removeOlder(before: Date): Promise<void>;
}

/** What is known of runs by their ids alone. */
export abstract class RunLookup {
  /** Ids that begin so, oldest first. */
  abstract beginningWith(prefix: string, limit: number): Promise<string[]>;
  /** Those that are known. */
  abstract statesOf(runIds: readonly string[]): Promise<Record<string, RunStatus>>;
}
