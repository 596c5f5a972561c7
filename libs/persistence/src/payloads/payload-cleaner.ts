import type { PayloadStore } from '@aet/messaging';
import type { Pool } from 'pg';
import type { ArchivedEvents } from '../archive/archived-events.js';
import { databaseError } from '../database-error.js';
import { withLock } from '../postgres/advisory-lock.js';
import { PayloadUses } from './payload-uses.js';

/** What one round did. */
export interface PayloadsCleaned {
  removed: number;
  bytes: number;
}

const LOCK = 'payloads';
/** Of one round: pages of runs that it looks at, and values that it removes. The next round goes on. */
const PAGES = 50;
const VALUES = 1_000;
/** Values that one question is about. */
const TOGETHER = 200;
/** From the end of one look to the next; what lies in the store is listed then, at once. Milliseconds. */
const LOOK_EVERY_MS = 60 * 60 * 1_000;

const NOTHING: PayloadsCleaned = { removed: 0, bytes: 0 };

/**
 * Removes large values that no event of any run refers to: of a commit that failed, of a result that was refused. A value is put before the event that
 * refers to it is committed, and a value that is put again is as new. So one that was last put a grace before *all* runs were looked at, and that was
 * found in none, will not be referred to any more. It keeps nothing but its place in that look: a process that ends begins it again, and removes nothing before its end.
 */
export class PayloadCleaner {
  private readonly uses: PayloadUses;
  /** Of the look that is under way. Unix milliseconds. */
  private begunAt: number | undefined;
  private after = '';
  private endedAt = -Infinity;

  constructor(
    private readonly pool: Pool,
    archived: ArchivedEvents,
    private readonly store: Pick<PayloadStore, 'storedBefore' | 'remove'>,
    private readonly now: () => number = Date.now,
  ) {
    this.uses = new PayloadUses(pool, archived);
  }

  /** One replica at a time. @param graceMs a value that is younger is never removed */
  async round(graceMs: number, signal: AbortSignal): Promise<PayloadsCleaned> {
    try {
      const outcome = await withLock(this.pool, LOCK, async () => {
        const lookedFrom = await this.look(signal);
        return lookedFrom === undefined ? NOTHING : this.remove(lookedFrom - graceMs, signal);
      });
      return outcome?.done ?? NOTHING;
    } catch (error) {
      throw databaseError(error, 'looking for large values that nothing refers to');
    }
  }

  /** Goes on with the look at all runs. Returns when it began, once it has come to its end. */
  private async look(signal: AbortSignal): Promise<number | undefined> {
    if (this.begunAt === undefined && this.now() - this.endedAt < LOOK_EVERY_MS) return undefined;
    this.begunAt ??= this.now();
    for (let page = 0; page < PAGES && !signal.aborted; page++) {
      const { next, complete, progress } = await this.uses.look(this.after);
      if (!complete && !progress) return undefined; // the archive is at it, or the log is damaged
      if (!complete) continue;
      if (next === undefined) return this.ended(this.begunAt);
      this.after = next;
    }
    return undefined;
  }

  private ended(begunAt: number): number {
    this.begunAt = undefined;
    this.after = '';
    return begunAt;
  }

  private async remove(before: number, signal: AbortSignal): Promise<PayloadsCleaned> {
    const cleaned = { ...NOTHING };
    const old = await this.store.storedBefore(before);
    for (let at = 0; at < old.length && !signal.aborted; at += TOGETHER) {
      if (cleaned.removed >= VALUES) return cleaned; // the next round begins anew
      const unused = new Set(await this.uses.unused(old.slice(at, at + TOGETHER).map(({ sha256 }) => sha256)));
      for (const { sha256, bytes } of old.slice(at, at + TOGETHER)) {
        if (!unused.has(sha256) || !(await this.store.remove(sha256, before))) continue;
        cleaned.removed++;
        cleaned.bytes += bytes;
      }
    }
    if (!signal.aborted) this.endedAt = this.now();
    return cleaned;
  }
}
