import type { StoredRunEvent, TaskProgress } from '@aet/contracts';
import type { Tone } from '../ui/badge.js';
import { placeOf, sentenceOf } from './event-sentence.js';

export interface LogLine {
  key: string;
  at: string;
  /** Of an event: its place in the log. */
  sequence?: number;
  step?: string;
  text: string;
  tone?: Tone;
}

/** Lines kept on the page. Older ones go; the log itself is in the API. */
export const MAX_LINES = 2000;

/** An event of the log as one line for people. */
export function lineOfEvent(event: StoredRunEvent): LogLine {
  const { text, step, tone } = sentenceOf(event);
  return {
    key: `e${event.sequence}`,
    at: event.time,
    sequence: event.sequence,
    text,
    ...(step === undefined ? {} : { step }),
    ...(tone === undefined ? {} : { tone }),
  };
}

/** A line of progress, where it says something that the log does not. */
export function lineOfProgress(progress: TaskProgress, count: number): LogLine | undefined {
  // The end of an attempt stands in the log.
  if (progress.kind === 'finished') return undefined;
  if (progress.kind === 'started') {
    const { agent, host } = progress.by;
    return { key: `p${count}`, at: progress.at, step: placeOf(progress), text: `begun by ${agent} on ${host}` };
  }
  const percent = progress.fraction === undefined ? '' : `${Math.round(progress.fraction * 100)} % `;
  const text = `${percent}${progress.message ?? ''}`.trim();
  if (text === '') return undefined;
  return { key: `p${count}`, at: progress.at, step: placeOf(progress), text };
}
