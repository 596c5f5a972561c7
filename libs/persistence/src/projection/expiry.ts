import { parseDuration, RunEventType, type StoredRunEvent } from '@aet/contracts';

/** When a run with a timeout is over its time. */
export interface Expiry {
  timeoutMs: number;
  /** Unix milliseconds; absent: the run has ended. */
  at?: number;
}

/** The fold behind the list of runs that are over their time. Undefined: the run has no timeout. It counts from the submit, or from being taken up again. */
export function projectExpiry(before: Expiry | undefined, events: readonly StoredRunEvent[]): Expiry | undefined {
  return events.reduce<Expiry | undefined>((expiry, event) => {
    if (event.type === RunEventType.Submitted) {
      const { timeout } = event.data.workflow;
      return timeout === undefined ? undefined : from(parseDuration(timeout), event.time);
    }
    if (expiry === undefined) return undefined;
    if (event.type === RunEventType.Redriven) return from(expiry.timeoutMs, event.time);
    const ended = event.type === RunEventType.Completed || event.type === RunEventType.Failed;
    return ended ? { timeoutMs: expiry.timeoutMs } : expiry;
  }, before);
}

const from = (timeoutMs: number, time: string): Expiry => ({ timeoutMs, at: Date.parse(time) + timeoutMs });
