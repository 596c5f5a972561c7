import { type CloudEvent, type ErrorReport, type RunEvent, RunEventType, type TimelineEntry } from '@aet/contracts';

/** An event as a line that a person reads: what happened, to which step, by whom. The event itself stays beside it. */
export function entryOfEvent(event: CloudEvent): TimelineEntry {
  const [, , , cell = '', service = ''] = event.source.split('/');
  const { summary, durationMs } = describe(event);
  return {
    at: event.time,
    cell,
    service,
    type: event.type,
    summary,
    data: event.data,
    ...(durationMs === undefined ? {} : { durationMs }),
  };
}

export const entryOfError = (report: ErrorReport): TimelineEntry => ({
  at: report.at,
  cell: report.cell,
  service: report.service,
  type: 'error',
  summary: `${report.code}: ${report.message}`,
  data: report,
});

interface Description {
  summary: string;
  durationMs?: number;
}

/** Events of other services, and of versions to come, are shown by their type. */
function describe({ type, data }: CloudEvent): Description {
  return isRunEvent(type) ? describeRunEvent({ type, data } as RunEvent) : { summary: type };
}

const isRunEvent = (type: string): boolean => (Object.values(RunEventType) as string[]).includes(type);

function describeRunEvent(event: RunEvent): Description {
  switch (event.type) {
    case 'run.submitted':
      return { summary: `run of ${event.data.workflow.name} submitted by ${event.data.submittedBy}` };
    case 'step.expanded':
      return { summary: `${event.data.step} fans out over ${event.data.items}` };
    case 'step.skipped':
      return { summary: `${event.data.step} skipped: ${event.data.reason}` };
    case 'attempt.scheduled':
      return { summary: `${taskName(event.data)} scheduled for ${event.data.capability}` };
    case 'attempt.completed':
      return {
        summary: `${taskName(event.data)} completed by ${event.data.by.agent} on ${event.data.by.host}`,
        durationMs: event.data.durationMs,
      };
    case 'attempt.failed':
      return {
        summary: `${taskName(event.data)} failed on ${event.data.by.host}: ${event.data.error.message}`,
        durationMs: event.data.durationMs,
      };
    case 'run.completed':
      return { summary: 'run completed' };
    case 'run.failed':
      return { summary: `run failed: ${event.data.error.message}` };
    case 'run.redriven':
      return {
        summary: `run taken up again by ${event.data.by}${event.data.reason === undefined ? '' : `: ${event.data.reason}`}`,
      };
  }
}

const taskName = ({ step, item, attempt }: { step: string; item?: number; attempt: number }): string =>
  `${step}${item === undefined ? '' : `[${item}]`}${attempt === 1 ? '' : ` (attempt ${attempt})`}`;
