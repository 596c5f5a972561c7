import { Conflict, type PermitClaim, QueueKey, type RateLimit, toErrorBody } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import type { KeyValueEntry, KeyValueStore } from '../kv/key-value-store.js';
import { type Permit, type StoredClaim, claimable, permitsOf, tatBeforeNext, termsOf, waitMs } from './rate-limit.js';
import type { ServerClock } from './server-clock.js';

const logger = new Logger('PermitSource');

/** A permit that is valid now, or the time until it is worth asking again. Milliseconds. */
export type Grant = { kind: 'permit'; permit: Permit } | { kind: 'later'; afterMs: number };

/** Each conflict means that another host claimed; after so many in a row the task is offered again. */
const TRIES = 8;
/** A task that is sent away stays away at least so long, and so long when the bucket does not answer. Milliseconds. */
const LEAST_WAIT_MS = 20;
/** What is sent away must notice when an operator raises the rate. Milliseconds. */
const LONGEST_WAIT_MS = 5_000;
const NO_ANSWER_MS = 1_000;

/**
 * The permits of one capability for the tasks of this host. Permits are claimed for tasks that are here, so none is claimed in vain; tasks that
 * come while a claim is on its way share the next one.
 */
export class PermitSource {
  private readonly key: string;
  private readonly waiting: ((grant: Grant) => void)[] = [];
  private last: KeyValueEntry<PermitClaim> | undefined;
  private claiming = false;

  constructor(
    capability: string,
    private readonly store: KeyValueStore<PermitClaim>,
    private readonly clock: ServerClock,
    private readonly monotonic: () => number,
  ) {
    this.key = QueueKey.permitsOf(capability);
  }

  /** What the bucket has now. What is older than what is known is an echo. */
  learn(entry: KeyValueEntry<PermitClaim>): void {
    if (this.last === undefined || entry.revision > this.last.revision) this.last = entry;
  }
  /** Somebody removed the key. */
  forget(revision: number): void {
    if (this.last !== undefined && revision > this.last.revision) this.last = undefined;
  }

  /** How many tasks could begin now, as far as is known here. */
  available(limit: RateLimit, wanted: number): number {
    const terms = termsOf(limit);
    const tat = tatBeforeNext(this.stored(), terms);
    const room = claimable(tat, this.clock.at(this.monotonic()), terms, wanted + this.waiting.length);
    return Math.max(0, room - this.waiting.length);
  }
  /** Until `available` may say more than nothing. Milliseconds. */
  waitMs(limit: RateLimit): number {
    const terms = termsOf(limit);
    return waitMs(tatBeforeNext(this.stored(), terms), this.clock.at(this.monotonic()), terms);
  }

  /** One permit. Never rejects: a bucket that does not answer has none. */
  take(limit: RateLimit): Promise<Grant> {
    const grant = new Promise<Grant>((resolve) => this.waiting.push(resolve));
    if (!this.claiming) void this.serve(limit);
    return grant;
  }

  private async serve(limit: RateLimit): Promise<void> {
    this.claiming = true;
    try {
      while (this.waiting.length > 0) {
        const permits = await this.claim(limit, this.waiting.length);
        for (const permit of permits) this.waiting.shift()?.({ kind: 'permit', permit });
        if (permits.length === 0) this.sendAway(limit);
      }
    } catch (error) {
      logger.warn(`no permits could be claimed for ${this.key}: ${toErrorBody(error).message}`);
      for (const resolve of this.waiting.splice(0)) resolve({ kind: 'later', afterMs: NO_ANSWER_MS });
    } finally {
      this.claiming = false;
    }
  }

  /** Each task one period after the one before it: so they come back when there can be a permit. */
  private sendAway(limit: RateLimit): void {
    const wait = this.waitMs(limit);
    for (const [index, resolve] of this.waiting.splice(0).entries()) {
      const until = wait + index * termsOf(limit).periodMs;
      resolve({ kind: 'later', afterMs: Math.min(Math.max(until, LEAST_WAIT_MS), LONGEST_WAIT_MS) });
    }
  }

  /** Permits that are still valid when it is known that they are ours; none when there are none now. */
  private async claim(limit: RateLimit, wanted: number): Promise<Permit[]> {
    const terms = termsOf(limit);
    for (let tries = 0; tries < TRIES; tries++) {
      const tatMs = tatBeforeNext(this.stored(), terms);
      const sentAt = this.monotonic();
      const permits = claimable(tatMs, this.clock.at(sentAt), terms, wanted);
      if (permits === 0) return [];
      const revision = await this.write({ tatMs, permits, periodMs: terms.periodMs });
      if (revision === undefined) continue;
      const own = await this.store.get(this.key, revision);
      const knownAt = this.monotonic();
      if (own === undefined) continue; // others wrote so much meanwhile that it cannot be read: its permits are lost
      this.clock.learn(own.writtenAt, knownAt, sentAt);
      this.learn(own);
      const valid = permitsOf({ claim: own.value, writtenAt: own.writtenAt }, terms, sentAt, knownAt).filter(
        ({ from, until }) => from < until,
      );
      if (valid.length > 0) return valid;
    }
    return [];
  }

  /** The write's revision; none when another host was first, and then `last` is what it wrote. */
  private async write(claim: PermitClaim): Promise<number | undefined> {
    try {
      return this.last === undefined
        ? await this.store.create(this.key, claim)
        : await this.store.update(this.key, claim, this.last.revision);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      const present = await this.store.get(this.key);
      if (present === undefined) this.last = undefined;
      else this.learn(present);
      return undefined;
    }
  }

  private stored(): StoredClaim | undefined {
    return this.last === undefined ? undefined : { claim: this.last.value, writtenAt: this.last.writtenAt };
  }
}
