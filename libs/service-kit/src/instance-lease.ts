import { Conflict, type InstanceRecord, LeaseLost } from '@aet/contracts';
import type { Lease, LeaseOptions, Leases } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import type { Log } from '@aet/telemetry';
import type { HealthBoard } from './health-board.js';

export interface InstanceLeaseParts {
  leases: Leases<InstanceRecord>;
  record: () => InstanceRecord;
  options: LeaseOptions;
  board: HealthBoard;
  log: Log;
  /** The lease cannot be had again: the process must go. */
  onLost: (error: Error) => void;
}

/**
 * Holds the instance's lease for as long as the process lives. A lease that was lost (a paused process, a long cut) is taken again under the same
 * id; meanwhile the instance is not ready. An own entry that has not expired yet looks like another holder's: only one that is still there
 * after it must have expired means that somebody else runs under this id.
 */
export class InstanceLease {
  private lease: Lease<InstanceRecord> | undefined;
  private readonly ended = new AbortController();

  private constructor(
    private readonly key: string,
    private readonly parts: InstanceLeaseParts,
  ) {}

  /** Resolves with the first lease. Waits for a server that is away. @throws {Conflict} */
  static async hold(parts: InstanceLeaseParts): Promise<InstanceLease> {
    const { service, instance } = parts.record();
    const held = new InstanceLease(`${service}.${instance}`, parts);
    await held.take();
    return held;
  }

  /** Tells the new state of the record now, not with the next renewal. */
  async refresh(): Promise<void> {
    // A lost lease is taken again with the newest record anyway.
    await this.lease?.update(this.parts.record()).catch(() => undefined);
  }

  /** Ends the lease. Never rejects: what cannot be told expires by itself. */
  async release(): Promise<void> {
    this.ended.abort();
    await this.lease
      ?.release()
      .catch((error: unknown) => this.parts.log.debug('the lease was not released and expires', { err: error }));
  }

  private async take(): Promise<void> {
    const { leases, record, options, board, log } = this.parts;
    let refusedSince: number | undefined;
    // A server that was held up may carry out a write of ours long after we gave it up: an entry's whole life has to pass after it was first seen.
    const isOthers = (error: unknown): boolean => {
      refusedSince = error instanceof Conflict ? (refusedSince ?? performance.now()) : undefined;
      return refusedSince !== undefined && performance.now() >= refusedSince + options.ttlMs + 1000;
    };
    this.lease = await retrying(() => leases.acquire(this.key, record, options), {
      initialMs: 100,
      maxMs: 1000,
      signal: this.ended.signal,
      retryable: (error) => !isOthers(error),
      onRetry: (error, attempt) => {
        if (attempt === 1) log.warn('the lease of this instance is not to be had yet; trying again', { err: error });
      },
    });
    board.clear('lease');
    this.lease.lost.addEventListener('abort', () => this.retake(), { once: true });
  }

  private retake(): void {
    if (this.ended.signal.aborted) return;
    const { board, log, onLost } = this.parts;
    board.report('lease', 'the lease of this instance was lost; taking it again', { unready: true });
    log.warn('the lease of this instance was lost; taking it again', { err: new LeaseLost(`lease ${this.key} was lost`) });
    this.take().catch((error: unknown) => {
      if (!this.ended.signal.aborted) onLost(error instanceof Error ? error : new Error(String(error)));
    });
  }
}
