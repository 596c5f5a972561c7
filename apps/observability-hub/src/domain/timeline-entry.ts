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
    case 'run.completed':
      return { summary: 'run completed' };
    case 'run.failed':
      return { summary: `run failed: ${event.data.error.message}` };
    case 'run.redriven':
      return { summary: `run taken up again by ${said(event.data)}` };
    case 'run.started':
      return { summary: 'the time of the run has come' };
    case 'run.paused':
      return { summary: `run paused by ${said(event.data)}` };
    case 'run.resumed':
      return { summary: `run resumed by ${said(event.data)}` };
    case 'run.prioritized':
      return { summary: `priority set to ${event.data.priority} by ${said(event.data)}` };
    case 'run.compensating':
      return { summary: `run undoes ${event.data.steps.join(', ')} before it is ${event.data.ending.kind}` };
    case 'run.adopted':
      return { summary: `run moved from ${event.data.from} to ${event.data.cell} by ${said(event.data)}` };
    case 'run.cancelled':
      return { summary: `run cancelled by ${said(event.data)}` };
    default:
      return describeStepEvent(event);
  }
}

type StepEvent = Exclude<RunEvent, { type: `run.${string}` }>;
type TaskEvent = Extract<RunEvent, { type: `attempt.${string}` | `child.${string}` }>;

function describeStepEvent(event: StepEvent): Description {
  switch (event.type) {
    case 'step.expanded':
      return { summary: `${event.data.step} fans out over ${event.data.items}` };
    case 'step.skipped':
      return { summary: `${event.data.step} skipped: ${event.data.reason}` };
    case 'step.kept':
      return { summary: `${event.data.step} kept from the run's origin` };
    case 'step.concluded':
      return { summary: `${event.data.step} has enough: ${event.data.reason}` };
    case 'step.collected':
      return { summary: `${event.data.step} gives what it collected` };
    case 'step.failed':
      return { summary: `${event.data.step} failed: ${event.data.error.message}` };
    case 'branch.taken':
      return { summary: `${event.data.step} goes on with ${event.data.taken.join(', ') || 'nothing'}` };
    case 'checkpoint.reached':
      return { summary: `checkpoint ${event.data.step}` };
    case 'wait.begun':
      return { summary: `${event.data.step} waits ${waitText(event.data)}` };
    case 'wait.ended':
      return { summary: `${event.data.step} waited long enough: ${event.data.by}` };
    case 'approval.requested':
      return { summary: `${event.data.step} asks for approval: ${event.data.text}` };
    case 'approval.decided':
      return { summary: `${event.data.step} ${event.data.approved ? 'approved' : 'rejected'} by ${said(event.data)}` };
    case 'signal.received':
      return { summary: `signal ${event.data.name} from ${event.data.by}` };
    default:
      return describeTaskEvent(event);
  }
}

function describeTaskEvent(event: TaskEvent): Description {
  switch (event.type) {
    case 'attempt.scheduled':
      return { summary: `${taskName(event.data)} scheduled for ${event.data.capability}` };
    case 'attempt.saved':
      return { summary: `${taskName(event.data)} saved what it has` };
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
    case 'child.requested':
      return { summary: `${taskName(event.data)} begins run ${event.data.childRunId} of ${event.data.workflow}` };
    case 'child.ended':
      return { summary: `${taskName(event.data)}: run ${event.data.childRunId} ${event.data.status}` };
  }
}

const said = ({ by, reason }: { by: string; reason?: string }): string => (reason === undefined ? by : `${by}: ${reason}`);

const waitText = ({ signal, until }: { signal?: string; until?: string }): string =>
  [...(signal === undefined ? [] : [`for the signal ${signal}`]), ...(until === undefined ? [] : [`until ${until}`])].join(', ');

const taskName = ({ step, item, attempt }: { step: string; item?: number; attempt: number }): string =>
  `${step}${item === undefined ? '' : `[${item}]`}${attempt === 1 ? '' : ` (attempt ${attempt})`}`;
