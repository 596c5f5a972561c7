import { RunEventType, type StopNotice, type StoredRunEvent } from '@aet/contracts';

/** What events of one run mean for hosts that are at work for it. */
export const stopNotices = (events: readonly StoredRunEvent[]): StopNotice[] =>
  events.flatMap((event): StopNotice[] => {
    const { runId, time: at } = event;
    switch (event.type) {
      case RunEventType.Failed:
      case RunEventType.Cancelled:
        return [{ runId, at }];
      case RunEventType.Compensating:
        return [{ runId, at, sparesCompensations: true }];
      case RunEventType.StepConcluded:
        return [{ runId, step: event.data.step, at }];
      default:
        return [];
    }
  });
