import {
  type AttemptRef,
  attemptId,
  type Priority,
  RunEventType,
  type StoredRunEvent,
  type WorkflowDocument,
} from '@aet/contracts';

/** A row that an event opens: what `OpenDispatch` says before anything was published. */
export interface DispatchRow extends AttemptRef {
  eventSequence: number;
  capability: string;
  priority: Priority;
  /** Unix milliseconds; 0: at once. */
  notBefore: number;
  /** Unix milliseconds. */
  scheduledAt: number;
  /** It waits for its turn among the tasks of its capability with this key. */
  orderKey?: string;
  /** The run's priority when that was changed after the attempt was scheduled, in the same commit: the row's, unless its step has one of its own. */
  follows?: Priority;
}

/** What events of one run change in the table of open dispatches. */
export interface DispatchChange {
  opened: DispatchRow[];
  closed: AttemptRef[];
  /** Steps that have enough: none of the rows that they had stays. Absent: none. */
  closedSteps?: string[];
  /** The run has ended, or undoes what it did: none of the rows that it had stays. `opened` has only what followed. */
  closedAll: boolean;
}

/**
 * Net effect: an attempt that is scheduled and finished among `events` leaves no row. An ended run opens none any more.
 * @param ended the run had ended before these events, or belonged to another cell
 * @param cell whose table it is: a run that another cell adopted has no row here. Default: the run stays where it is
 */
export function projectDispatch(events: readonly StoredRunEvent[], ended = false, cell?: string): DispatchChange {
  const opened = new Map<string, DispatchRow>();
  const closed = new Map<string, AttemptRef>();
  const closedSteps: string[] = [];
  let endedNow = ended;
  let sawEnd = false;
  for (const event of events) {
    switch (event.type) {
      case RunEventType.AttemptScheduled: {
        if (endedNow) break;
        const row = openedBy(event);
        closed.delete(attemptId(row)); // scheduled anew: replaced, not removed
        opened.set(attemptId(row), row);
        break;
      }
      case RunEventType.AttemptCompleted:
      case RunEventType.AttemptFailed: {
        const ref = refOf(event.runId, event.data);
        opened.delete(attemptId(ref));
        closed.set(attemptId(ref), ref);
        break;
      }
      case RunEventType.StepConcluded: {
        const { step } = event.data;
        closedSteps.push(step);
        for (const [id, row] of opened) if (row.step === step) opened.delete(id);
        break;
      }
      case RunEventType.Compensating:
        sawEnd = true;
        opened.clear();
        break;
      case RunEventType.Completed:
      case RunEventType.Failed:
      case RunEventType.Cancelled:
        endedNow = true;
        sawEnd = true;
        opened.clear();
        break;
      case RunEventType.Adopted:
        if (cell === undefined || cell === event.data.cell) break;
        endedNow = true;
        sawEnd = true;
        opened.clear();
        break;
      case RunEventType.Redriven:
        endedNow = false;
        break;
      default:
        break; // neither schedules nor finishes an attempt
    }
  }
  return {
    opened: following([...opened.values()], events),
    closed: sawEnd ? [] : [...closed.values()],
    ...(sawEnd || closedSteps.length === 0 ? {} : { closedSteps }),
    closedAll: sawEnd && !ended,
  };
}

/** Whether the step says its priority itself: a change of the run's is not for it. Of a run that these events do not submit, the log knows. */
export const hasPriority = (workflow: WorkflowDocument | undefined, step: string): boolean =>
  (workflow?.steps[step.split('~')[0] ?? ''] as { priority?: Priority } | undefined)?.priority !== undefined;

function following(rows: DispatchRow[], events: readonly StoredRunEvent[]): DispatchRow[] {
  const change = events.findLast((event) => event.type === RunEventType.Prioritized);
  if (change === undefined) return rows;
  const workflow = events.find((event) => event.type === RunEventType.Submitted)?.data.workflow;
  const follows = change.data.priority;
  return rows.map((row) => (row.eventSequence > change.sequence || hasPriority(workflow, row.step) ? row : { ...row, follows }));
}

type Scheduled = Extract<StoredRunEvent, { type: typeof RunEventType.AttemptScheduled }>;

const openedBy = (event: Scheduled): DispatchRow => ({
  ...refOf(event.runId, event.data),
  eventSequence: event.sequence,
  capability: event.data.capability,
  priority: event.data.priority,
  notBefore: event.data.notBefore === undefined ? 0 : Date.parse(event.data.notBefore),
  scheduledAt: Date.parse(event.time),
  ...(event.data.orderKey === undefined ? {} : { orderKey: event.data.orderKey }),
});

/** The reference within an attempt event's data. */
export const refOf = (runId: string, data: { step: string; item?: number; attempt: number }): AttemptRef => ({
  runId,
  step: data.step,
  ...(data.item === undefined ? {} : { item: data.item }),
  attempt: data.attempt,
});
