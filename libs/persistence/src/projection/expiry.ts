import { isRunEnd, parseDuration, RunEventType, type StoredRunEvent } from '@aet/contracts';

/** When a run with a timeout is over its time. */
export interface Expiry {
  timeoutMs: number;
  /** Unix milliseconds; absent: the run has ended. */
  at?: number;
}

/** The fold behind the list of runs that are over their time. Undefined: the run has no timeout. It counts from the submit, from the time that was set for its start, or from being taken up again. */
export function projectExpiry(
  before: Expiry | undefined,
  events: readonly StoredRunEvent[],
  /** Whose list it is: the time of a run that another cell adopted is watched there. Default: the run stays where it is. */
  cell?: string,
): Expiry | undefined {
  return events.reduce<Expiry | undefined>((expiry, event) => {
    if (event.type === RunEventType.Submitted) {
      const { startAt, workflow } = event.data;
      return workflow.timeout === undefined ? undefined : from(parseDuration(workflow.timeout), startAt ?? event.time);
    }
    if (expiry === undefined) return undefined;
    if (event.type === RunEventType.Redriven || event.type === RunEventType.Started) return from(expiry.timeoutMs, event.time);
    const left = event.type === RunEventType.Adopted && cell !== undefined && event.data.cell !== cell;
    return left || isRunEnd(event) ? { timeoutMs: expiry.timeoutMs } : expiry;
  }, before);
}

const from = (timeoutMs: number, time: string): Expiry => ({ timeoutMs, at: Date.parse(time) + timeoutMs });
