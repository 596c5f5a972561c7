import { type RunEvent, RunEventType, type RunSummary, type StoredRunEvent } from '@aet/contracts';
import type { EventVersions } from '@aet/runs';
import { GENESIS, link, type LinkedEvent } from '../hash-chain.js';
import { eventOf, type Head, headAfter, NEW_RUN } from '../postgres/append-batch.js';
import { type ListRow, writeBatch } from '../postgres/append-statements.js';
import { keyHash } from '../postgres/column-text.js';
import { batchOf, type Statement } from '../postgres/statement-part.js';
import { projectDispatch } from '../projection/dispatch.js';

export const keyOf = (events: readonly LinkedEvent[], versions: EventVersions): string | undefined => {
  const [first] = events;
  const submitted = first === undefined ? undefined : eventOf(first, versions);
  return submitted?.type === RunEventType.Submitted ? submitted.data.idempotencyKey : undefined;
};

/** Events with their places behind `last`. */
export const appended = (
  runId: string,
  last: LinkedEvent | undefined,
  events: readonly RunEvent[],
  time: string,
  versions: EventVersions,
): LinkedEvent[] =>
  link(
    last?.hash ?? GENESIS,
    events.map(({ type, data }, index) => ({
      runId,
      sequence: (last?.sequence ?? 0) + index + 1,
      type: versions.typeOf(type),
      time,
      data: JSON.stringify(data),
    })),
  );

export interface OwnerChange {
  runId: string;
  /** The whole log, up to the change and what follows from it. */
  all: readonly LinkedEvent[];
  before: ListRow | undefined;
  time: string;
  versions: EventVersions;
  /** False: another run here has its idempotency key, and keeps it. */
  withKey: boolean;
}

/**
 * Writes everything that follows from the log of a run that is this cell's from its last event on, and stands beside it, as if all of it had been appended
 * here at once; not the log.
 */
export function projected({ runId, all, before, time, versions, withKey }: OwnerChange): Statement {
  const stored = all.map((event): StoredRunEvent => eventOf(event, versions));
  const last = all.at(-1);
  const head = { ...headAfter(NEW_RUN, stored), sequence: last?.sequence ?? 0, hash: last?.hash ?? GENESIS };
  const key = withKey ? keyOf(all, versions) : undefined;
  const run = {
    runId,
    head,
    before: before === undefined ? undefined : (JSON.parse(before.summary) as RunSummary),
    linked: [],
    stored,
    dispatch: projectDispatch(stored),
    keySha256: key === undefined ? undefined : keyHash(key),
  };
  return writeBatch(batchOf({ outcomes: [], written: [run], relaxed: false }, time, 0));
}

/** Writes what `adopted`, the last event that this cell writes to a run of its own, means for all that stands beside the log. */
export function closed(
  before: Head,
  adopted: LinkedEvent,
  { cell, time, versions }: Pick<OwnerChange, 'time' | 'versions'> & { /** Whose tables these are. */ cell: string },
): Statement {
  const stored = [eventOf(adopted, versions)];
  const run = {
    runId: adopted.runId,
    head: { ...headAfter(before, stored, cell), sequence: adopted.sequence, hash: adopted.hash },
    before: before.summary,
    linked: [],
    stored,
    dispatch: { opened: [], closed: [], closedAll: true },
    keySha256: undefined,
  };
  return writeBatch(batchOf({ outcomes: [], written: [run], relaxed: false }, time, 0));
}
