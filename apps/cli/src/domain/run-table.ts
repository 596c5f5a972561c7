import type { RunDifferences, RunOrigin, RunPage, RunView, StoredRunEvent } from '@aet/contracts';
import { duration } from './durations.js';
import { liveLines } from './run-progress.js';
import { table } from './table.js';

/** So much of a message or value stands in a line. Characters. */
const SHORT = 80;
const LONG = 200;

const originLine = ({ kind, runId, sequence, from, by, reason }: RunOrigin): string =>
  `${kind} of ${runId}${kind === 'fork' ? ` at its event ${sequence}` : ''}${from === undefined ? '' : ` from step ${from}`}, by ${by}${reason === undefined ? '' : `: ${reason}`}`;

const shortened = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

export function runTable({ runs }: RunPage): string[] {
  if (runs.length === 0) return ['no runs'];
  const rows = runs.map((run) => [
    run.runId,
    run.workflow,
    run.status,
    run.priority,
    run.submittedAt,
    duration(Math.max(0, Date.parse(run.updatedAt) - Date.parse(run.submittedAt))),
    shortened(run.error?.message ?? '', SHORT),
  ]);
  return table(['run', 'workflow', 'status', 'priority', 'submitted', 'took', 'error'], rows, new Set([5]));
}

/** All of one run. @param now unix milliseconds */
export function runLines(run: RunView, now: number): string[] {
  return [
    `run ${run.runId} of ${run.workflow}: ${run.status}`,
    `submitted ${run.submittedAt}${run.submittedBy === undefined ? '' : ` by ${run.submittedBy}`}, priority ${run.priority}, cell ${run.cell}`,
    ...(run.parent === undefined ? [] : [`sub-run of ${run.parent}`]),
    ...(run.schedule === undefined ? [] : [`by the schedule ${run.schedule}`]),
    ...(run.origin === undefined ? [] : [originLine(run.origin)]),
    ...(run.status === 'scheduled' && run.startAt !== undefined ? [`begins at ${run.startAt}`] : []),
    '',
    ...liveLines(run, new Map(), now),
    ...(run.error === undefined ? [] : ['', `${run.error.code}: ${run.error.message}`]),
    ...(run.output === undefined ? [] : ['', JSON.stringify(run.output, undefined, 2)]),
  ];
}

export const eventLine = ({ sequence, time, type, data }: StoredRunEvent): string =>
  `${String(sequence).padStart(5)}  ${time}  ${type.padEnd(18)}  ${shortened(JSON.stringify(data), LONG)}`;

export function differenceLines({ differences, more }: RunDifferences): string[] {
  const side = (value: unknown): string => (value === undefined ? '(nothing)' : shortened(JSON.stringify(value), LONG));
  const lines = differences.flatMap(({ path, before, after }) => [path, `  - ${side(before)}`, `  + ${side(after)}`]);
  return more === 0 ? lines : [...lines, `and ${more} more`];
}
