import { InternalError } from '@aet/contracts';
import { createHash } from 'node:crypto';

/** What an event's hash covers. `data` is the exact JSON text that is stored: it is hashed as written, never parsed and printed again. */
export interface HashedEvent {
  runId: string;
  sequence: number;
  type: string;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  data: string;
}

/** An event as a store holds it, with both ends of its link. Hashes are SHA-256 in hex. */
export interface LinkedEvent extends HashedEvent {
  prevHash: string;
  hash: string;
}

/** Predecessor of a run's first event. */
export const GENESIS = '0'.repeat(64);

/** The fields stand in a JSON array, so that no two different events have the same text before hashing. */
export const eventHash = (prevHash: string, event: HashedEvent): string =>
  createHash('sha256')
    .update(JSON.stringify([prevHash, event.runId, event.sequence, event.type, event.time]))
    .update('\n')
    .update(event.data)
    .digest('hex');

/** Gives each event its place behind `prevHash`. */
export function link(prevHash: string, events: readonly HashedEvent[]): LinkedEvent[] {
  let prev = prevHash;
  return events.map((event) => {
    const hash = eventHash(prev, event);
    const linked = { ...event, prevHash: prev, hash };
    prev = hash;
    return linked;
  });
}

/** Where a chain stands: the last known event, or `{ sequence: 0, hash: GENESIS }`. */
export interface ChainEnd {
  sequence: number;
  hash: string;
}

/** Checks that `events` follow `from` without a gap and that each is what was hashed. @throws {InternalError} naming run and sequence */
export function checkChain(runId: string, from: ChainEnd, events: readonly LinkedEvent[]): ChainEnd {
  let end = from;
  for (const event of events) {
    const expected = end.sequence + 1;
    if (event.sequence !== expected) throw broken(runId, expected, `is missing (found ${event.sequence})`);
    if (event.prevHash !== end.hash) throw broken(runId, expected, 'does not follow its predecessor');
    if (eventHash(event.prevHash, event) !== event.hash) throw broken(runId, expected, 'is not what was written');
    end = { sequence: event.sequence, hash: event.hash };
  }
  return end;
}

/** The log was changed by something other than an append. */
export const broken = (runId: string, sequence: number, what: string): InternalError =>
  new InternalError(
    `the log of run ${runId} was tampered with or damaged: event ${sequence} ${what}. Restore the run's rows from a backup or an archived segment`,
    { details: { runId, sequence } },
  );
