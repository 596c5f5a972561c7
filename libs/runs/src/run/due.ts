import { parseDuration, RunStatus } from '@aet/contracts';
import type { RunState } from './run-state.js';
import { isUnderWay } from './step-state.js';

/** When `tick` changes something next, in unix milliseconds; undefined: never, as the run stands. */
export function nextTickAt(state: RunState): number | undefined {
  if (state.status === RunStatus.Scheduled) return Date.parse(state.startAt ?? state.submittedAt);
  if (!isUnderWay(state)) return undefined;
  const moments = Object.values(state.steps).flatMap(({ status, wait, approval }) => {
    const at = status === 'running' ? (wait?.until ?? approval?.expiresAt) : undefined;
    return at === undefined ? [] : [Date.parse(at)];
  });
  return moments.length === 0 ? undefined : Math.min(...moments);
}

const deadlineOf = ({ workflow, submittedAt, startedAt = submittedAt, redrivenAt = startedAt }: RunState): number | undefined =>
  workflow.timeout === undefined ? undefined : Date.parse(redrivenAt) + parseDuration(workflow.timeout);

/** It is over its workflow's `timeout`, which counts from its beginning, or from when it was last taken up again. */
export const isOverdue = (state: RunState, now: Date): boolean => (deadlineOf(state) ?? Infinity) <= now.getTime();
