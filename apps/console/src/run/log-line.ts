import type { StoredRunEvent, TaskProgress } from '@aet/contracts';
import type { Tone } from '../ui/badge.js';

export interface LogLine {
  key: string;
  at: string;
  step?: string;
  text: string;
  tone?: Tone;
}

/** Lines kept on the page. Older ones go; the log itself is in the API. */
export const MAX_LINES = 2000;

const place = (data: { step: string; item?: number }): string =>
  data.item === undefined ? data.step : `${data.step} #${data.item}`;

/** An event of the log as one line for people. */
export function lineOfEvent(event: StoredRunEvent): LogLine {
  const line = (text: string, step?: string, tone?: Tone): LogLine => ({
    key: `e${event.sequence}`,
    at: event.time,
    text,
    ...(step === undefined ? {} : { step }),
    ...(tone === undefined ? {} : { tone }),
  });
  switch (event.type) {
    case 'run.submitted':
      return line(`submitted by ${event.data.submittedBy}`);
    case 'step.expanded':
      return line(`fans out to ${event.data.items} tasks`, event.data.step);
    case 'step.skipped':
      return line(`skipped: ${event.data.reason}`, event.data.step);
    case 'attempt.scheduled':
      return line(`attempt ${event.data.attempt} is offered to ${event.data.agent ?? event.data.capability}`, place(event.data));
    case 'attempt.completed':
      return line(`done by ${event.data.by.agent} on ${event.data.by.host}`, place(event.data));
    case 'attempt.failed':
      return line(`attempt ${event.data.attempt} failed: ${event.data.error.message}`, place(event.data), 'bad');
    case 'run.completed':
      return line('the run is complete', undefined, 'good');
    case 'run.failed':
      return line(`the run failed: ${event.data.error.message}`, undefined, 'bad');
    case 'run.redriven':
      return line(`taken up again by ${event.data.by}`);
    default:
      // A newer fleet may write types that this page does not know.
      return line((event as { type: string }).type);
  }
}

/** A line of progress, where it says something that the log does not. */
export function lineOfProgress(progress: TaskProgress, count: number): LogLine | undefined {
  // The end of an attempt stands in the log.
  if (progress.kind === 'finished') return undefined;
  if (progress.kind === 'started') {
    const { agent, host } = progress.by;
    return { key: `p${count}`, at: progress.at, step: place(progress), text: `begun by ${agent} on ${host}` };
  }
  const percent = progress.fraction === undefined ? '' : `${Math.round(progress.fraction * 100)} % `;
  const text = `${percent}${progress.message ?? ''}`.trim();
  if (text === '') return undefined;
  return { key: `p${count}`, at: progress.at, step: place(progress), text };
}
