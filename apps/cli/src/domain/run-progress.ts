import type { RunView, StepStatus, StepView } from '@aet/contracts';
import { duration } from './durations.js';

const MARKS: Readonly<Record<StepStatus, string>> = { waiting: '·', running: '▸', completed: '✔', failed: '✘', skipped: '–' };

/** One step as a line: mark, name, how far, how long. `now`: unix milliseconds. */
function stepLine(step: StepView, now: number, nameWidth: number): string {
  const parts = [`${MARKS[step.status]} ${step.name.padEnd(nameWidth)}`, stepTime(step, now), stepDetail(step)];
  return parts.filter((part) => part !== '').join('  ');
}

/** The whole run as lines for a terminal, the live word of each running step behind it. */
export function liveLines(run: RunView, words: ReadonlyMap<string, string>, now: number): string[] {
  const width = Math.max(...run.steps.map((step) => step.name.length), 0);
  return run.steps.map((step) => {
    const word = step.status === 'running' ? words.get(step.name) : undefined;
    return word === undefined ? stepLine(step, now, width) : `${stepLine(step, now, width)}  ${word}`;
  });
}

/** What is new since the last look, as lines for a log. */
export function progressLines(before: RunView | undefined, after: RunView, now: number): string[] {
  return after.steps.flatMap((step) => {
    const old = before?.steps.find((candidate) => candidate.name === step.name);
    if (old?.status === step.status && old.attempts === step.attempts && waitWords(old) === waitWords(step)) return [];
    return step.status === 'waiting' ? [] : [stepLine(step, now, step.name.length)];
  });
}

function stepTime(step: StepView, now: number): string {
  if (step.startedAt === undefined) return '';
  const end = step.finishedAt === undefined ? now : Date.parse(step.finishedAt);
  return duration(Math.max(0, end - Date.parse(step.startedAt)));
}

function stepDetail(step: StepView): string {
  const parts: string[] = [];
  if (step.items !== undefined) parts.push(`${step.items.done}/${step.items.total}`);
  // Of a fan-out every item has an attempt; more than those were repeated.
  const repeated = step.attempts - (step.items?.total ?? 1);
  if (repeated > 0) parts.push(`${repeated} repeated`);
  if (step.error !== undefined) parts.push(step.error.message);
  if (step.status === 'skipped') parts.push('skipped');
  if (step.status === 'running' && waitWords(step) !== '') parts.push(waitWords(step));
  return parts.join(', ');
}

/** What keeps a step, where that is no task at work. */
function waitWords({ waitsFor = {} }: StepView): string {
  const { approval, approvers, signal, until, runs = [], host } = waitsFor;
  const asked = approvers === undefined ? '' : ` (${approvers.join(', ')})`;
  const more = runs.length > 1 ? ` and ${runs.length - 1} more` : '';
  const parts = [
    ...(approval === undefined ? [] : [`asks: ${approval}${asked}`]),
    ...(signal === undefined ? [] : [`waits for the signal ${signal}`]),
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(host === undefined ? [] : [`waits for ${host}`]),
    ...(runs.length === 0 ? [] : [`sub-run ${runs[0]}${more}`]),
  ];
  return parts.join(', ');
}
