import type { RunEvent, StoredRunEvent } from '@aet/contracts';
import { checkChain, GENESIS, type LinkedEvent } from '../hash-chain.js';
import { appendRequest, decideBatch, type Head, storedEvent } from '../postgres/append-batch.js';
import type { DispatchRow } from '../projection/dispatch.js';
import { attemptId, type AttemptRef, type Priority, RunEventType, StaleOwner } from '@aet/contracts';
import { type Appended, type Conflict, DuplicateKey, RunLog } from '../run-log.js';

interface Run {
  head: Head;
  events: LinkedEvent[];
}

/** What the dispatch table adds to a row that the events opened. */
export interface MemoryDispatch extends DispatchRow {
  redispatches: number;
  streamSequence?: number;
  publishedAs?: Priority;
  publishedAt?: number;
}

/**
 * A run log for tests of its users: the same decisions and projections as PostgreSQL's, in memory. It keeps `runLogContract`.
 * Loss and failure are injected by `failNext`.
 */
export class InMemoryRunLog extends RunLog {
  private readonly runs = new Map<string, Run>();
  private readonly keys = new Map<string, string>();
  private readonly listeners: ((runId: string, events: readonly StoredRunEvent[]) => void)[] = [];
  private failures: Error[] = [];
  /** Open dispatches by attempt id, as `InMemoryDispatchTable` shows them. */
  readonly dispatches = new Map<string, MemoryDispatch>();
  /** Tasks in the stream for which nobody waits any more. */
  readonly unwanted: { capability: string; priority: Priority; streamSequence: number }[] = [];

  constructor(private readonly now: () => Date = () => new Date()) {
    super();
  }

  /** The next append rejects with it and writes nothing. */
  failNext(error: Error): void {
    this.failures.push(error);
  }

  override async append(runId: string, expected: number, events: readonly RunEvent[]): Promise<Appended | Conflict> {
    const request = appendRequest(runId, expected, events);
    await Promise.resolve(); // never in the caller's own turn, as with a database
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const heads = new Map([...this.runs].map(([id, run]) => [id, run.head]));
    const { outcomes, written } = decideBatch([request], heads, this.keys, this.now().toISOString());
    for (const { head, linked, dispatch, keySha256, stored } of written) {
      this.runs.set(runId, { head, events: [...(this.runs.get(runId)?.events ?? []), ...linked] });
      if (keySha256 !== undefined) this.keys.set(keySha256, runId);
      if (dispatch.closedAll) this.withdraw([...this.dispatches.values()].filter((row) => row.runId === runId));
      for (const step of dispatch.closedSteps ?? [])
        this.withdraw([...this.dispatches.values()].filter((row) => row.runId === runId && row.step === step));
      this.close(dispatch.closed);
      for (const event of stored) if (event.type === RunEventType.Prioritized) this.prioritize(runId, event.data.priority);
      for (const row of dispatch.opened)
        this.dispatches.set(attemptId(row), { ...row, priority: row.follows ?? row.priority, redispatches: 0 });
      this.tell(runId, stored);
    }
    const outcome = outcomes[0]!;
    if (outcome instanceof DuplicateKey || outcome instanceof StaleOwner) throw outcome;
    return outcome;
  }

  override async read(runId: string, after = 0, limit?: number): Promise<StoredRunEvent[]> {
    await Promise.resolve();
    const events = this.runs.get(runId)?.events ?? [];
    checkChain(runId, { sequence: 0, hash: GENESIS }, events);
    return events.slice(after, limit === undefined ? undefined : after + limit).map(storedEvent);
  }

  override onCommitted(listener: (runId: string, events: readonly StoredRunEvent[]) => void): void {
    this.listeners.push(listener);
  }

  /** Where every run stands; for the in-memory list and fact cursor. */
  heads(): ReadonlyMap<string, Head> {
    return new Map([...this.runs].map(([id, run]) => [id, run.head]));
  }

  /** The run that has the key, by the key's hash. */
  runOfKey(keySha256: string): string | undefined {
    return this.keys.get(keySha256);
  }

  /** Here no step has a priority of its own. */
  private prioritize(runId: string, priority: Priority): void {
    for (const row of this.dispatches.values()) if (row.runId === runId) row.priority = priority;
  }

  private withdraw(rows: readonly MemoryDispatch[]): void {
    for (const { capability, publishedAs: priority, streamSequence } of rows) {
      if (priority !== undefined && streamSequence !== undefined) this.unwanted.push({ capability, priority, streamSequence });
    }
    this.close(rows);
  }

  private close(refs: readonly AttemptRef[]): void {
    for (const ref of refs) this.dispatches.delete(attemptId(ref));
  }

  private tell(runId: string, events: readonly StoredRunEvent[]): void {
    for (const listener of this.listeners) {
      try {
        listener(runId, events);
      } catch {
        // a listener's trouble is its own: the append stands
      }
    }
  }
}
