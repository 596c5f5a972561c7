import { RunEventType, RunStatus, type RunSummary, type StoredRunEvent } from '@aet/contracts';

/** The fold behind the list of runs. `undefined`: the run is not yet submitted. */
export function projectRunSummary(before: RunSummary | undefined, events: readonly StoredRunEvent[]): RunSummary | undefined {
  return events.reduce<RunSummary | undefined>(
    (summary, event) => (event.type === RunEventType.Submitted ? submitted(event) : summary && next(summary, event)),
    before,
  );
}

type Submitted = Extract<StoredRunEvent, { type: typeof RunEventType.Submitted }>;

const submitted = (event: Submitted): RunSummary => ({
  runId: event.runId,
  workflow: event.data.workflow.name,
  status: event.data.startAt === undefined ? RunStatus.Running : RunStatus.Scheduled,
  priority: event.data.priority,
  cell: event.data.cell,
  correlationId: event.data.correlationId,
  submittedAt: event.time,
  updatedAt: event.time,
  attempts: { scheduled: 0, completed: 0, failed: 0 },
  submittedBy: event.data.submittedBy,
  ...(event.data.lane === undefined ? {} : { lane: event.data.lane }),
  ...(event.data.parent === undefined ? {} : { parent: event.data.parent.runId }),
  ...(event.data.schedule === undefined ? {} : { schedule: event.data.schedule }),
});

function next(before: RunSummary, event: StoredRunEvent): RunSummary {
  const summary = { ...before, updatedAt: event.time };
  const { attempts } = before;
  switch (event.type) {
    case RunEventType.AttemptScheduled:
      return { ...summary, attempts: { ...attempts, scheduled: attempts.scheduled + 1 } };
    case RunEventType.AttemptCompleted:
      return { ...summary, attempts: { ...attempts, completed: attempts.completed + 1 } };
    case RunEventType.AttemptFailed:
      return { ...summary, attempts: { ...attempts, failed: attempts.failed + 1 } };
    case RunEventType.Completed:
      return { ...summary, status: RunStatus.Completed };
    case RunEventType.Failed:
      return { ...summary, status: RunStatus.Failed, error: event.data.error };
    case RunEventType.Cancelled:
      return { ...summary, status: RunStatus.Cancelled };
    case RunEventType.Paused:
      return { ...summary, status: RunStatus.Paused };
    case RunEventType.Compensating:
      return { ...summary, status: RunStatus.Compensating };
    case RunEventType.Started:
    case RunEventType.Resumed:
      return { ...summary, status: RunStatus.Running };
    case RunEventType.Prioritized:
      return { ...summary, priority: event.data.priority };
    case RunEventType.Adopted:
      return { ...summary, cell: event.data.cell };
    case RunEventType.Redriven:
      return goingOn(summary);
    default:
      return summary;
  }
}

const goingOn = ({ error: _error, ...summary }: RunSummary): RunSummary => ({ ...summary, status: RunStatus.Running });
