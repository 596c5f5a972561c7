import { AetError, ErrorCode, type RunEvent, RunEventType, type StoredRunEvent } from '@aet/contracts';

export type Appended = { kind: 'appended'; events: StoredRunEvent[]; sequence: number };
/** Another writer was first. Load again, fold, decide again. `sequence` is where the log stands. */
export type Conflict = { kind: 'conflict'; sequence: number };

export interface RunOwner {
  cell: string;
  epoch: number;
}

/** Another run was submitted under the same idempotency key: take that one. Nothing was appended. */
export class DuplicateKey extends AetError {
  readonly code = ErrorCode.Conflict;
  constructor(
    readonly idempotencyKey: string,
    readonly existingRunId: string,
  ) {
    super(`the idempotency key was used before, by run ${existingRunId}: use that run, or another key`, {
      details: { existingRunId },
    });
  }
}

/**
 * The record of all runs of a cell. `append` resolves only after the events are committed (and, for a `strict` run, flushed):
 * then nothing takes them away again, and the projections that `persistence` keeps (open dispatches, run list) changed in the same commit.
 * It appends after `expected` (0: the run must not exist) or changes nothing and says who was first. All events of one call, or none.
 * When the database goes away in between, `append` rejects with `Unavailable` and the events may or may not be there: read before deciding again.
 */
export abstract class RunLog {
  /** @throws {DuplicateKey} when `run.submitted` names an idempotency key that another run has: of all submits with one key, one makes a run. */
  abstract append(runId: string, expected: number, events: readonly RunEvent[]): Promise<Appended | Conflict>;
  /** Events after `after` in order; empty for an unknown run. The hash chain is checked. @throws {InternalError} naming run and sequence when it is broken. */
  abstract read(runId: string, after?: number, limit?: number): Promise<StoredRunEvent[]>;
  /** Who has the run, and since which epoch. Undefined: it is not known. */
  async ownerOf(runId: string): Promise<RunOwner | undefined> {
    const events = await this.read(runId);
    return events.findLast((event) => event.type === RunEventType.Submitted || event.type === RunEventType.Adopted)?.data;
  }
  /** Called after each commit, in commit order per run, in the process that appended. A listener that throws is logged and changes nothing. */
  abstract onCommitted(listener: (runId: string, events: readonly StoredRunEvent[]) => void): void;
}
