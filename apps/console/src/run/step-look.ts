import type { StepStatus, StepView } from '@aet/contracts';
import { clockTime } from '../format/clock.js';
import type { Tone } from '../ui/badge.js';
import { STEP_TONE } from '../ui/tones.js';

export interface StepLook {
  tone: Tone;
  word: string;
}

/** How a step is shown. In a run that is over, nothing is under way and nothing waits any more. */
export function stepLook({ status, error, waitsFor }: Pick<StepView, 'status' | 'error' | 'waitsFor'>, over: boolean): StepLook {
  if (status === 'failed' && error?.code === 'CANCELLED') return { tone: 'idle', word: over ? 'left unfinished' : 'cancelled' };
  if (status === 'failed' && error?.code === 'REJECTED') return { tone: 'bad', word: 'rejected' };
  if (over && status === 'running') return { tone: 'idle', word: 'left unfinished' };
  if (over && status === 'waiting') return { tone: 'idle', word: 'not begun' };
  if (status === 'running' && waitsFor !== undefined) return { tone: waitTone(waitsFor), word: 'waits' };
  return { tone: STEP_TONE[status], word: status };
}

type Wait = NonNullable<StepView['waitsFor']>;

/** A person or a host is missing: somebody has to do something. Sub-runs work; a time or a signal comes or not. */
function waitTone({ approval, host, runs }: Wait): Tone {
  if (approval !== undefined || host !== undefined) return 'warn';
  return runs === undefined ? 'idle' : 'busy';
}

/** In few words what a step waits for; empty: for nothing but its task. */
export function waitWords({ approval, signal, until, runs, host }: Wait): string {
  const words = [
    ...(approval === undefined ? [] : ['for an approval']),
    ...(signal === undefined ? [] : [`for signal ${signal}`]),
    ...(runs === undefined ? [] : [runs.length === 1 ? 'for a sub-run' : `for ${runs.length} sub-runs`]),
    ...(host === undefined ? [] : ['for a host: none can take it']),
    ...(until === undefined ? [] : [`until ${clockTime(until)}`]),
  ];
  return words.join(', ');
}

/** The states of steps in the order of their life. */
const STEP_ORDER: readonly StepStatus[] = ['completed', 'failed', 'running', 'skipped', 'waiting'];

/** Such as `3 completed, 2 running, 1 not begun`. */
export function countedSteps(steps: readonly StepView[], over: boolean): string {
  const counts = new Map<string, number>();
  for (const step of steps.toSorted((a, b) => STEP_ORDER.indexOf(a.status) - STEP_ORDER.indexOf(b.status))) {
    const { word } = stepLook(step, over);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}
