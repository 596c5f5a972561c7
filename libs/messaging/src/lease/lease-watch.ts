import { Logger } from '@nestjs/common';
import type { LeaseChange } from '../lease.js';
import { StreamFeed } from '../stream/stream-feed.js';
import type { JsMsg } from '@nats-io/jetstream';
import type { LeaseBucket, StoredClaim } from './lease-bucket.js';

/** Between two looks for claims that may have expired. Milliseconds. */
const SWEEP_MS = 250;

interface Seen {
  revision: number;
  /** Monotonic time after which the server may have ended it. */
  freshUntil: number;
}

/**
 * The claims of a bucket as they change. The server tells nobody when an entry expires, so a sweep asks it about every entry
 * that was not renewed for the bucket's TTL; only the server's answer makes an entry `gone`, never a clock of ours.
 */
export class LeaseWatch<T> implements AsyncDisposable {
  private readonly logger = new Logger(LeaseWatch.name);
  private readonly seen = new Map<string, Seen>();
  private feed: StreamFeed | undefined;
  private finished: Promise<void> = Promise.resolve();
  private sweeping: NodeJS.Timeout | undefined;
  private ended = false;
  /** Messages are handled in order, although reading one takes a turn of the loop. */
  private handling: Promise<void> = Promise.resolve();

  constructor(
    private readonly bucket: LeaseBucket<T>,
    private readonly ttlMs: number,
    private readonly onChange: (change: LeaseChange<T>) => void,
    private readonly now: () => number,
  ) {}

  async open(): Promise<this> {
    const source = await this.bucket.source();
    this.feed = new StreamFeed(this.bucket.link, { ...source, from: 'last-per-subject' });
    const { finished } = await this.feed.open((message) => {
      this.handling = this.handling.then(() => this.handle(message));
    });
    this.finished = finished;
    if (this.ttlMs !== Infinity) this.sweepLater();
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended = true;
    clearTimeout(this.sweeping);
    this.feed?.close();
    await this.finished;
    await this.handling;
  }

  private async handle(message: JsMsg): Promise<void> {
    const change = await this.bucket.interpret(message);
    if (change.kind === 'claimed') this.put(change.claim);
    else if (change.kind === 'ended') this.gone(change.key, change.expired);
    else this.logger.warn(`the key ${change.key} of ${this.bucket.name} holds what is no lease; it was left out`);
  }

  private put({ key, value, revision, writtenAt }: StoredClaim<T>): void {
    this.refresh(key, revision, writtenAt);
    this.tell({ kind: 'put', entry: { key, value, revision } });
  }

  /** An entry that was there before the watch has already used up part of its time, by the server's clock. */
  private refresh(key: string, revision: number, writtenAt: number): void {
    const age = Math.min(Math.max(Date.now() - writtenAt, 0), this.ttlMs);
    this.seen.set(key, { revision, freshUntil: this.now() + this.ttlMs - age });
  }

  private gone(key: string, expired: boolean): void {
    if (this.seen.delete(key)) this.tell({ kind: 'gone', key, expired });
  }

  private tell(change: LeaseChange<T>): void {
    if (this.ended) return;
    try {
      this.onChange(change);
    } catch (error) {
      this.logger.error(error);
    }
  }

  private sweepLater(): void {
    if (this.ended) return;
    this.sweeping = setTimeout(() => {
      void this.sweep().finally(() => this.sweepLater());
    }, SWEEP_MS);
  }

  private async sweep(): Promise<void> {
    // Without the server nothing is known, and what is known stays.
    if (this.bucket.link.status !== 'connected') return;
    const now = this.now();
    const stale = [...this.seen].filter(([, { freshUntil }]) => freshUntil <= now);
    await Promise.all(stale.map(([key, { revision }]) => this.ask(key, revision).catch(() => undefined)));
  }

  private async ask(key: string, revision: number): Promise<void> {
    const stored = await this.bucket.read(key);
    // A newer write came through the feed while the question was on its way.
    if (this.seen.get(key)?.revision !== revision) return;
    if (stored === undefined) this.gone(key, true);
    else this.refresh(key, stored.revision, stored.writtenAt);
  }
}
