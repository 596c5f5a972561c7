import { isRunEnd, type Priority, RunEventType, type StoredRunEvent, type WorkflowDocument } from '@aet/contracts';
import { hasPriority } from './dispatch.js';

/** A sub-run that a run waits for. */
export interface ChildRow {
  childRunId: string;
  /** Of the run that waits. */
  runId: string;
  step: string;
  item?: number;
  attempt: number;
  eventSequence: number;
  /** Unix milliseconds; 0: at once. */
  notBefore: number;
  priority: Priority;
  /** The run's priority when that was changed after the sub-run was asked for, in the same commit: unless its step has one of its own. */
  follows?: Priority;
}

/** What events of one run change in the table of its sub-runs. */
export interface ChildChange {
  requested: ChildRow[];
  /** Run ids of those that ended. */
  ended: string[];
  /** Nobody waits any more for those of these steps. */
  unwantedSteps: string[];
  /** Nobody waits any more for any. */
  unwantedAll: boolean;
  /** The run's own, when it changed. */
  priority?: Priority;
}

/** Net effect: one that is requested and not wanted any more among `events` leaves no row: nobody could have begun it. */
export function projectChildren(events: readonly StoredRunEvent[]): ChildChange {
  const requested = new Map<string, ChildRow>();
  const change: ChildChange = { requested: [], ended: [], unwantedSteps: [], unwantedAll: false };
  const forget = (is: (row: ChildRow) => boolean): void => {
    for (const row of requested.values()) if (is(row)) requested.delete(row.childRunId);
  };
  let workflow: WorkflowDocument | undefined;
  for (const event of events) {
    if (event.type === RunEventType.Submitted) workflow = event.data.workflow;
    if (event.type === RunEventType.ChildRequested) requested.set(event.data.childRunId, rowOf(event));
    if (event.type === RunEventType.ChildEnded) {
      const { childRunId } = event.data;
      if (!requested.delete(childRunId)) change.ended.push(childRunId);
    }
    if (event.type === RunEventType.StepConcluded) {
      const { step } = event.data;
      change.unwantedSteps.push(step);
      forget((row) => row.step === step);
    }
    if (isRunEnd(event) || event.type === RunEventType.Compensating) {
      change.unwantedAll = true;
      forget(() => true);
    }
    if (event.type === RunEventType.Prioritized) {
      change.priority = event.data.priority;
      for (const row of requested.values()) if (!hasPriority(workflow, row.step)) row.follows = event.data.priority;
    }
  }
  return { ...change, requested: [...requested.values()] };
}

const rowOf = ({ runId, sequence, data }: Extract<StoredRunEvent, { type: 'child.requested' }>): ChildRow => ({
  childRunId: data.childRunId,
  runId,
  step: data.step,
  ...(data.item === undefined ? {} : { item: data.item }),
  attempt: data.attempt,
  eventSequence: sequence,
  notBefore: data.notBefore === undefined ? 0 : Date.parse(data.notBefore),
  priority: data.priority,
});
