import { LeaseLost } from '@aet/contracts';
import { whenConnected } from '../connection/when-connected.js';
import type { Lease } from '../lease.js';
import type { LeaseBucket } from './lease-bucket.js';
import { RenewedValue } from './renewed-value.js';

/** A holder stops trusting its claim so long before the server ends it. Milliseconds. */
export const SAFETY_MS = 1_000;
/** Between two tries of a renewal that failed. Milliseconds. */
const RETRY_MS = 200;

export interface HeldTerms<T> {
  key: string;
  claim: string;
  value: RenewedValue<T>;
  ttlMs: number;
  renewMs: number;
  /** Of the write that took the key. */
  revision: number;
  /** Monotonic time just before that write. */
  writtenAt: number;
}

/**
 * A claim in one of three states: `held` → `released` by its holder, or `held` → `lost` when renewals failed for too long or the key
 * is another's. All times are of the monotonic clock and taken before the write that they belong to, so that the holder's picture
 * ends before the server's. Writes go one after the other; a write whose answer was lost is known again by its claim.
 */
export class HeldLease<T> implements Lease<T> {
  readonly key: string;
  private state: 'held' | 'released' | 'lost' = 'held';
  private revision: number;
  private trustedUntil: number;
  private writes: Promise<void> = Promise.resolve();
  private renewal: NodeJS.Timeout | undefined;
  private end: NodeJS.Timeout | undefined;
  private readonly loss = new AbortController();

  constructor(
    private readonly bucket: LeaseBucket<T>,
    private readonly terms: HeldTerms<T>,
    private readonly now: () => number,
  ) {
    this.key = terms.key;
    this.revision = terms.revision;
    this.trustedUntil = terms.writtenAt + terms.ttlMs - SAFETY_MS;
    this.watchTheEnd();
    this.renewAfter(terms.renewMs);
  }

  get token(): number {
    this.check();
    return this.revision;
  }

  get lost(): AbortSignal {
    return this.loss.signal;
  }

  async update(value: T): Promise<void> {
    this.terms.value.replace(value);
    await this.write();
  }

  async release(): Promise<void> {
    if (this.state !== 'held') return;
    this.state = 'released';
    this.stopTimers();
    await this.writes;
    // Unreachable now: the claim ends by itself after the TTL.
    if (this.bucket.link.status === 'connected') await this.bucket.remove(this.key, this.revision).catch(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  private renewAfter(ms: number): void {
    clearTimeout(this.renewal);
    if (this.state !== 'held') return;
    this.renewal = setTimeout(() => {
      // A failed renewal is repeated soon: the clock decides when it is too late.
      this.write().catch(() => this.renewAfter(RETRY_MS));
    }, ms);
  }

  private write(): Promise<void> {
    const write = this.writes.then(() => this.writeNow());
    this.writes = write.catch(() => undefined);
    return write;
  }

  private async writeNow(): Promise<void> {
    this.check();
    await whenConnected(this.bucket.link, this.trustedUntil - this.now(), this.lost, `the lease ${this.key}`);
    const claimed = { claim: this.terms.claim, value: this.terms.value.next() };
    for (;;) {
      this.check();
      const startedAt = this.now();
      const outcome = await this.bucket.update(this.key, claimed, this.revision);
      if (outcome.kind === 'written') return this.renewed(outcome.revision, startedAt);
      await this.adoptOwnWrite();
    }
  }

  /** Refused because the server already has a later write: ours, when an answer was lost; else the claim is gone. */
  private async adoptOwnWrite(): Promise<void> {
    const stored = await this.bucket.read(this.key);
    if (stored?.claim !== this.terms.claim || stored.revision === this.revision)
      throw this.lose('another holds it, or it had ended');
    this.revision = stored.revision;
  }

  private renewed(revision: number, writtenAt: number): void {
    this.revision = revision;
    this.trustedUntil = writtenAt + this.terms.ttlMs - SAFETY_MS;
    if (this.state !== 'held') return;
    this.watchTheEnd();
    this.renewAfter(this.terms.renewMs);
  }

  private watchTheEnd(): void {
    clearTimeout(this.end);
    this.end = setTimeout(() => this.check({ quiet: true }), Math.max(this.trustedUntil - this.now(), 0) + 1);
  }

  /** The clock decides, not the timers: a process that was paused has timers that did not run. */
  private check({ quiet = false } = {}): void {
    if (this.state === 'held' && this.now() < this.trustedUntil) return;
    const error =
      this.state === 'released'
        ? new LeaseLost(`the lease ${this.key} was released`)
        : this.lose(`no renewal reached the server for ${this.terms.ttlMs - SAFETY_MS} ms`);
    if (!quiet) throw error;
  }

  private lose(why: string): LeaseLost {
    const error = new LeaseLost(`the lease ${this.key} is lost: ${why}; stop what it guards and acquire it again`);
    if (this.state === 'held') {
      this.state = 'lost';
      this.stopTimers();
      this.loss.abort(error);
    }
    return error;
  }

  private stopTimers(): void {
    clearTimeout(this.renewal);
    clearTimeout(this.end);
  }
}
