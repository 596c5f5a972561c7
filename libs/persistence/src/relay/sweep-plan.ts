import { attemptId } from '@aet/contracts';
import type { OpenDispatch } from '../dispatch-table.js';
import type { Dispatch } from './task-dispatcher.js';

/** Times in milliseconds. */
export interface SweepPolicy {
  /** A commit's own process gets this long to publish, before others do it. */
  graceMs: number;
  /** An open attempt is looked for in the stream when it was last seen there so long ago; doubled for each time it was lost. */
  lingerMs: number;
  /** A message that is gone is sent anew although results are pending, after so long: on a busy cell some always are. */
  patienceMs: number;
}

/** When an unpublished task goes out. A delayed one at its time; one that its own process should have sent by now, at once. */
export function planUnpublished(rows: readonly OpenDispatch[], now: number, { graceMs }: SweepPolicy): Dispatch[] {
  return rows.map((row) => ({
    ...dispatchOf(row, row.redispatches),
    at: row.notBefore > now ? row.notBefore : Math.max(row.notBefore, row.scheduledAt) + graceMs,
  }));
}

/** The rows that are worth a question to the stream. A task that gets lost again and again is asked for ever less often. */
export const worthAsking = (rows: readonly OpenDispatch[], now: number, { lingerMs }: SweepPolicy): OpenDispatch[] =>
  rows.filter(
    (row) => row.streamSequence !== undefined && now - (row.publishedAt ?? 0) >= lingerMs * 2 ** Math.min(row.redispatches, 6),
  );

export interface LostTasks {
  /** Rows whose message is gone from the stream. */
  gone: readonly OpenDispatch[];
  /** Since when each was found gone, by attempt id. */
  goneSince: ReadonlyMap<string, number>;
  /** Results that wait to be folded; counted after the messages were found gone. */
  pendingResults: number;
  /** Attempts that were still open after the results were counted. */
  stillOpen: ReadonlySet<string>;
}

/**
 * What to send anew. A message goes from the stream when a host is done with it, and a host publishes its result before: so an attempt that
 * is still open after no result was pending has neither message nor result, and was lost.
 */
export function planRedispatch(lost: LostTasks, now: number, { patienceMs }: SweepPolicy): Dispatch[] {
  return lost.gone
    .filter((row) => lost.stillOpen.has(attemptId(row)))
    .filter((row) => lost.pendingResults === 0 || now - (lost.goneSince.get(attemptId(row)) ?? now) >= patienceMs)
    .map((row) => ({ ...dispatchOf(row, row.redispatches + 1), at: now }));
}

const dispatchOf = (
  { runId, step, item, attempt, eventSequence, priority }: OpenDispatch,
  redispatches: number,
): Omit<Dispatch, 'at'> => ({
  runId,
  step,
  ...(item === undefined ? {} : { item }),
  attempt,
  eventSequence,
  redispatches,
  priority,
});
