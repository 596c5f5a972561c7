import { type AetError, Draining, type RunEvent, StaleOwner, type StoredRunEvent } from '@aet/contracts';
import type { Pool } from 'pg';
import { EVENT_VERSIONS, type EventVersions } from '@aet/runs';
import type { ArchivedEvents } from '../archive/archived-events.js';
import { databaseError, isConnectionLoss, sqlState } from '../database-error.js';
import { type Appended, type Conflict, DuplicateKey, RunLog, type RunOwner } from '../run-log.js';
import { type AppendRequest, appendRequest, type BatchDecision } from './append-batch.js';
import { GroupCommit } from './group-commit.js';
import { KnownHeads } from './known-heads.js';
import { readRun } from './read-run.js';
import { commitBatch } from './run-transaction.js';

export interface PostgresRunLogOptions {
  /** Longest wait of an append for company in one commit: `runs.groupCommitMs`. */
  groupCommitMs: number;
  /** Appends in one commit at most: `runs.groupCommitMax`. */
  groupCommitMax: number;
  /** Commits at once, each on a connection of the pool. Default 2: one writes while the other waits for the disk. */
  writers?: number;
  now?: () => Date;
  /** Where events of archived runs lie. Absent: reading such a run is refused. */
  archive?: ArchivedEvents;
  /** Cell that writes: runs of others are refused with `StaleOwner`. Absent: it writes to any. */
  cell?: string;
  /** What this process reads and writes. Default: today's. */
  versions?: EventVersions;
  /** A listener of `onCommitted` threw; nothing else happened. */
  onListenerError?: (error: unknown) => void;
}

interface Waiting {
  readonly key: string;
  readonly request: AppendRequest;
  resolve(outcome: Appended | Conflict): void;
  reject(error: AetError): void;
}

/** The run log in PostgreSQL, schema `aet`: see `RUN_LOG_MIGRATIONS`. Any number of these, in any number of processes, may write to one database. */
export class PostgresRunLog extends RunLog implements AsyncDisposable {
  private readonly listeners: ((runId: string, events: readonly StoredRunEvent[]) => void)[] = [];
  private readonly group: GroupCommit<Waiting>;
  private readonly now: () => Date;
  private readonly known = new KnownHeads();
  private closed = false;

  constructor(
    private readonly pool: Pool,
    private readonly options: PostgresRunLogOptions,
  ) {
    super();
    const { groupCommitMs: waitMs, groupCommitMax: max, writers = 2 } = options;
    this.now = options.now ?? (() => new Date());
    this.group = new GroupCommit({ waitMs, max, writers }, (batch) => this.commit(batch));
  }

  override append(runId: string, expected: number, events: readonly RunEvent[]): Promise<Appended | Conflict> {
    if (this.closed) return Promise.reject(new Draining('the run log is closed: this process is going down, ask another'));
    return new Promise((resolve, reject) => {
      this.group.add({ key: runId, request: appendRequest(runId, expected, events, this.options), resolve, reject });
    });
  }

  override async read(runId: string, after = 0, limit?: number): Promise<StoredRunEvent[]> {
    try {
      return await readRun(this.pool, this.options.versions ?? EVENT_VERSIONS, runId, after, limit, this.options.archive);
    } catch (error) {
      throw databaseError(error, `reading run ${runId}`);
    }
  }

  override async ownerOf(runId: string): Promise<RunOwner | undefined> {
    const sql = 'SELECT owner AS cell, epoch FROM aet.run_head WHERE run_id = $1';
    try {
      return (await this.pool.query<RunOwner>({ name: 'aet-owner-of', text: sql, values: [runId] })).rows[0];
    } catch (error) {
      throw databaseError(error, `reading the owner of run ${runId}`);
    }
  }

  override onCommitted(listener: (runId: string, events: readonly StoredRunEvent[]) => void): void {
    this.listeners.push(listener);
  }

  /** Refuses further appends and waits for those that were accepted. The pool stays open. */
  async close(): Promise<void> {
    this.closed = true;
    await this.group.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async commit(batch: readonly Waiting[]): Promise<void> {
    let decision: BatchDecision;
    try {
      decision = await commitBatch(
        this.pool,
        batch.map(({ request }) => request),
        this.now,
        this.known,
      );
    } catch (error) {
      return this.failed(batch, error);
    }
    for (const { runId, stored } of decision.written) this.tell(runId, stored);
    for (const [index, waiting] of batch.entries()) settle(waiting, decision.outcomes[index]!);
  }

  /** What the server refused concerns one member of the batch; the others get their commit without it. */
  private async failed(batch: readonly Waiting[], error: unknown): Promise<void> {
    const concernsOne = sqlState(error) !== undefined && !isConnectionLoss(error);
    if (concernsOne && batch.length > 1) {
      for (const waiting of batch) await this.commit([waiting]);
      return;
    }
    for (const waiting of batch) waiting.reject(databaseError(error, `appending to run ${waiting.request.runId}`));
  }

  private tell(runId: string, events: readonly StoredRunEvent[]): void {
    for (const listener of this.listeners) {
      try {
        listener(runId, events);
      } catch (error) {
        this.options.onListenerError?.(error);
      }
    }
  }
}

function settle(waiting: Waiting, outcome: BatchDecision['outcomes'][number]): void {
  if (outcome instanceof DuplicateKey || outcome instanceof StaleOwner) waiting.reject(outcome);
  else waiting.resolve(outcome);
}
