import { Conflict, Unavailable, ValidationFailed } from '@aet/contracts';
import { nuid } from '@nats-io/nats-core';
import type { NatsLink } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { type Lease, type LeaseChange, type LeaseEntry, type LeaseOptions, Leases } from '../lease.js';
import { messagingErrorsOf } from '../messaging-errors.js';
import { StreamFeed } from '../stream/stream-feed.js';
import { HeldLease, SAFETY_MS } from './held-lease.js';
import { LeaseBucket, type WriteOutcome } from './lease-bucket.js';
import { LeaseWatch } from './lease-watch.js';
import { RenewedValue } from './renewed-value.js';

/** Longest wait of `acquire` for a server that is away. Milliseconds. */
const ACQUIRE_MS = 5_000;

/**
 * Leases as entries of a KV bucket. The bucket's TTL ends them, on every version of the server; a shorter `ttlMs` of the holder
 * only makes the holder stop earlier. Keys: letters, digits and `- _ = / .`.
 */
export class KvLeases<T> extends Leases<T> {
  private readonly bucket: LeaseBucket<T>;

  constructor(
    private readonly link: NatsLink,
    bucket: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    super();
    this.bucket = new LeaseBucket<T>(link, bucket);
  }

  async acquire(key: string, value: () => T, options: LeaseOptions): Promise<Lease<T>> {
    await whenConnected(this.link, ACQUIRE_MS, undefined, `acquiring the lease ${key}`);
    const ttlMs = Math.min(options.ttlMs, await this.bucket.ttlMs());
    requireRoomToRenew(ttlMs, options.renewMs);
    const claim = nuid.next();
    const renewed = new RenewedValue(value);
    const writtenAt = this.now();
    const outcome = await this.take(key, claim, renewed.next());
    if (outcome.kind === 'refused') {
      const taken = new Conflict(`the lease ${key} is held by another`);
      messagingErrorsOf(this.link).count('lease', taken);
      throw taken;
    }
    const terms = { key, claim, value: renewed, ttlMs, renewMs: options.renewMs, revision: outcome.revision, writtenAt };
    return new HeldLease(this.bucket, terms, this.now);
  }

  async list(): Promise<LeaseEntry<T>[]> {
    const feed = new StreamFeed(this.link, { ...(await this.bucket.source()), from: 'last-per-subject' });
    const entries = new Map<string, LeaseEntry<T>>();
    for await (const message of feed.toEnd()) {
      const change = await this.bucket.interpret(message);
      if (change.kind !== 'claimed') continue;
      const { key, value, revision } = change.claim;
      entries.set(key, { key, value, revision });
    }
    return [...entries.values()];
  }

  async watch(onChange: (change: LeaseChange<T>) => void): Promise<AsyncDisposable> {
    return new LeaseWatch(this.bucket, await this.bucket.ttlMs(), onChange, this.now).open();
  }

  /** A take whose answer was lost may have worked: then the key holds our claim. */
  private async take(key: string, claim: string, value: T): Promise<WriteOutcome> {
    try {
      return await this.bucket.create(key, { claim, value });
    } catch (cause) {
      const stored = await this.bucket.read(key).catch(() => undefined);
      if (stored?.claim === claim) return { kind: 'written', revision: stored.revision };
      throw new Unavailable(`the lease ${key} could not be taken: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }
}

function requireRoomToRenew(ttlMs: number, renewMs: number): void {
  if (renewMs > 0 && renewMs < ttlMs - SAFETY_MS) return;
  const message = `must be above 0 and below the TTL of the lease minus ${SAFETY_MS} ms, which is ${ttlMs - SAFETY_MS} ms here`;
  throw new ValidationFailed(`renewMs is ${renewMs}: it ${message}`, [{ path: 'renewMs', rule: 'renewal', message }]);
}
