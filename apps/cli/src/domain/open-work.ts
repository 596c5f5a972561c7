import {
  type ApprovalRequested,
  type AttemptScheduled,
  type ChildRequested,
  isRunEnd,
  type RunEvent,
  RunEventType,
  type WaitBegun,
} from '@aet/contracts';

/** An attempt that is to be done, or being done. */
export type OpenAttempt = AttemptScheduled['data'] & { scheduledAt: string };

/** What a run's log asks somebody to do. Follows from its events alone, so that a run can be taken up again from its file. */
export class OpenWork {
  /** By step and item, in the order in which they were scheduled. */
  readonly attempts = new Map<string, OpenAttempt>();
  readonly children = new Map<string, ChildRequested['data']>();
  readonly waits = new Map<string, WaitBegun['data']>();
  readonly approvals = new Map<string, ApprovalRequested['data']>();

  /** @param time RFC 3339, of the event */
  follow(event: RunEvent, time: string): void {
    if (isRunEnd(event) || event.type === RunEventType.Compensating) return this.drop(() => true);
    switch (event.type) {
      case RunEventType.AttemptScheduled:
        // The place in the order is the last attempt's.
        this.attempts.delete(keyOf(event.data));
        this.attempts.set(keyOf(event.data), { ...event.data, scheduledAt: time });
        break;
      case RunEventType.AttemptCompleted:
      case RunEventType.AttemptFailed:
        if (this.attempts.get(keyOf(event.data))?.attempt === event.data.attempt) this.attempts.delete(keyOf(event.data));
        break;
      case RunEventType.ChildRequested:
        this.children.set(event.data.childRunId, event.data);
        break;
      case RunEventType.ChildEnded:
        this.children.delete(event.data.childRunId);
        break;
      case RunEventType.WaitBegun:
        this.waits.set(event.data.step, event.data);
        break;
      case RunEventType.WaitEnded:
        this.waits.delete(event.data.step);
        break;
      case RunEventType.ApprovalRequested:
        this.approvals.set(event.data.step, event.data);
        break;
      case RunEventType.ApprovalDecided:
        this.approvals.delete(event.data.step);
        break;
      case RunEventType.StepConcluded:
      case RunEventType.StepFailed:
      case RunEventType.StepSkipped:
        this.drop((step) => step === event.data.step);
        break;
      default:
        break; // asks for nothing
    }
  }

  /** When something happens by itself: unix milliseconds. */
  *moments(): Iterable<number> {
    for (const { notBefore } of this.attempts.values()) if (notBefore !== undefined) yield Date.parse(notBefore);
    for (const { notBefore } of this.children.values()) if (notBefore !== undefined) yield Date.parse(notBefore);
    for (const { until } of this.waits.values()) if (until !== undefined) yield Date.parse(until);
    for (const { expiresAt } of this.approvals.values()) if (expiresAt !== undefined) yield Date.parse(expiresAt);
  }

  private drop(wanted: (step: string) => boolean): void {
    for (const open of [this.attempts, this.children, this.waits, this.approvals] as Map<string, { step: string }>[]) {
      for (const [key, { step }] of open) if (wanted(step)) open.delete(key);
    }
  }
}

export const keyOf = ({ step, item }: { step: string; item?: number }): string => (item === undefined ? step : `${step}#${item}`);
