import { isRunEnd, RunEventType, type StoredRunEvent } from '@aet/contracts';

/** When something may happen in a run by itself. */
export interface RunMoment {
  /** Unix milliseconds. */
  at: number;
  /** Of the run's log, when this was known. */
  sequence: number;
}

/**
 * The earliest moment that events of one run ask for; undefined: none. It may be too early, never too late: what was to happen then may have become
 * needless, and whoever looks at the run finds its next moment in the run's state.
 */
export function projectMoment(events: readonly StoredRunEvent[]): RunMoment | undefined {
  return events.reduce<RunMoment | undefined>((moment, event) => {
    if (isRunEnd(event)) return undefined;
    const at = momentOf(event);
    if (at === undefined) return moment;
    return { at: Math.min(moment?.at ?? Infinity, at), sequence: event.sequence };
  }, undefined);
}

function momentOf(event: StoredRunEvent): number | undefined {
  switch (event.type) {
    case RunEventType.Submitted:
      return time(event.data.startAt);
    case RunEventType.WaitBegun:
      return time(event.data.until);
    case RunEventType.ApprovalRequested:
      return time(event.data.expiresAt);
    // The moments from before count again, and only the state knows them.
    case RunEventType.Redriven:
    case RunEventType.Resumed:
    case RunEventType.Adopted:
      return time(event.time);
    default:
      return undefined;
  }
}

const time = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
