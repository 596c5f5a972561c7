import type { OperatorWord, StoredRunEvent } from '@aet/contracts';
import { fullTime } from '../format/clock.js';
import type { Tone } from '../ui/badge.js';

/** What an event says, and of which step; of the run where there is none. */
export interface Sentence {
  text: string;
  step?: string;
  tone?: Tone;
}

export const placeOf = (data: { step: string; item?: number }): string =>
  data.item === undefined ? data.step : `${data.step} #${data.item}`;

const told = ({ by, reason }: OperatorWord): string => `by ${by}${reason === undefined ? '' : `: ${reason}`}`;

export function sentenceOf(event: StoredRunEvent): Sentence {
  const known = ofRun(event) ?? ofAttempt(event) ?? ofStep(event);
  if (known !== undefined) return known;
  // A newer fleet may write types that this page does not know.
  const { type, data } = event as { type: string; data: { step?: unknown } };
  return { text: type, ...(typeof data.step === 'string' ? { step: data.step } : {}) };
}

function ofRun({ type, data }: StoredRunEvent): Sentence | undefined {
  switch (type) {
    case 'run.submitted':
      return { text: `submitted by ${data.submittedBy}${data.startAt === undefined ? '' : `, for ${fullTime(data.startAt)}`}` };
    case 'run.started':
      return { text: 'its time has come' };
    case 'run.paused':
      return { text: `paused ${told(data)}`, tone: 'warn' };
    case 'run.resumed':
      return { text: `goes on ${told(data)}` };
    case 'run.prioritized':
      return { text: `priority ${data.priority} ${told(data)}` };
    case 'run.compensating':
      return { text: `what was done is undone: ${data.steps.join(', ')}`, tone: 'warn' };
    case 'run.adopted':
      return { text: `cell ${data.cell} takes it over from ${data.from}, ${told(data)}`, tone: 'warn' };
    case 'run.completed':
      return { text: 'the run is complete', tone: 'good' };
    case 'run.failed':
      return { text: `the run failed: ${data.error.message}`, tone: 'bad' };
    case 'run.cancelled':
      return { text: `cancelled ${told(data)}`, tone: 'bad' };
    case 'run.redriven':
      return { text: `taken up again ${told(data)}` };
    case 'signal.received':
      return { text: `signal ${data.name} from ${data.by}` };
    default:
      return undefined;
  }
}

function ofAttempt({ type, data }: StoredRunEvent): Sentence | undefined {
  switch (type) {
    case 'attempt.scheduled':
      return { step: placeOf(data), text: `attempt ${data.attempt} is offered to ${data.agent ?? data.capability}` };
    case 'attempt.saved':
      return { step: placeOf(data), text: `attempt ${data.attempt} saved what it has so far` };
    case 'attempt.completed':
      if (data.cached !== undefined) return { step: placeOf(data), text: `taken from the cache: run ${data.cached.runId}` };
      return { step: placeOf(data), text: `done by ${data.by.agent} on ${data.by.host}` };
    case 'attempt.failed':
      return { step: placeOf(data), text: `attempt ${data.attempt} failed: ${data.error.message}`, tone: 'bad' };
    case 'child.requested':
      return { step: placeOf(data), text: `begins the sub-run ${data.childRunId} of ${data.workflow}` };
    case 'child.ended':
      return {
        step: placeOf(data),
        text: `the sub-run ${data.childRunId} is ${data.status}`,
        ...(data.status === 'completed' ? {} : { tone: 'bad' as const }),
      };
    default:
      return undefined;
  }
}

function ofStep({ type, data }: StoredRunEvent): Sentence | undefined {
  switch (type) {
    case 'step.kept':
      return { step: data.step, text: `${data.status} in the run that this one came from` };
    case 'step.expanded':
      return { step: data.step, text: `fans out to ${data.items} tasks` };
    case 'step.skipped':
      return { step: data.step, text: `skipped: ${data.reason}` };
    case 'step.concluded':
      return {
        step: data.step,
        text: data.reason === 'quorum' ? 'has enough: the rest is stopped' : 'too many failed: the rest is stopped',
      };
    case 'step.collected':
      return { step: data.step, text: 'collected what its tasks gave' };
    case 'step.failed':
      return { step: data.step, text: `failed: ${data.error.message}`, tone: 'bad' };
    case 'branch.taken':
      return { step: data.step, text: data.taken.length === 0 ? 'no case holds' : `goes on with ${data.taken.join(', ')}` };
    case 'checkpoint.reached':
      return { step: data.step, text: 'checkpoint reached' };
    case 'wait.begun':
      return {
        step: data.step,
        text: `waits${data.signal === undefined ? '' : ` for the signal ${data.signal}`}${data.until === undefined ? '' : ` until ${fullTime(data.until)}`}`,
      };
    case 'wait.ended':
      return { step: data.step, text: data.by === 'timer' ? 'the time has come' : 'the signal has come' };
    case 'approval.requested':
      return { step: data.step, text: `asks: ${data.text}`, tone: 'warn' };
    case 'approval.decided':
      return {
        step: data.step,
        text: `${data.approved ? 'approved' : 'rejected'} ${data.expired === true ? 'as nobody decided in time' : told(data)}`,
        tone: data.approved ? 'good' : 'bad',
      };
    default:
      return undefined;
  }
}
