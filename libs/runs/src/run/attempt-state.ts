import { type AttemptQuery, type AttemptState, RunStatus } from '@aet/contracts';
import type { RunState } from './run-state.js';
import { stepOf, taskOf } from './task-state.js';

/** Whether a host that holds an attempt should (still) do it. */
export function attemptState(state: RunState, { step: name, item, attempt }: Omit<AttemptQuery, 'runId'>): AttemptState {
  const step = stepOf(state, name);
  const task = step === undefined ? undefined : taskOf(step, item);
  if (task === undefined || task.attempt !== attempt) return { state: 'superseded' };
  if (task.status !== 'running') return { state: 'finished' };
  return { state: state.status === RunStatus.Running && step?.status === 'running' ? 'open' : 'superseded' };
}
