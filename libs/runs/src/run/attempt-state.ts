import type { AttemptQuery, AttemptState } from '@aet/contracts';
import type { RunState } from './run-state.js';
import { isOpenStep, stepOf, taskOf } from './step-state.js';

/** Whether a host that holds an attempt should (still) do it. */
export function attemptState(state: RunState, { step: name, item, attempt }: Omit<AttemptQuery, 'runId'>): AttemptState {
  const step = stepOf(state, name);
  const task = step === undefined ? undefined : taskOf(step, item);
  if (task === undefined || task.attempt !== attempt) return { state: 'superseded' };
  if (task.status === 'completed' || task.status === 'failed') return { state: 'finished' };
  if (task.status !== 'running' || !isOpenStep(state, name)) return { state: 'superseded' };
  return { state: 'open', ...(task.saved === undefined ? {} : { saved: task.saved }) };
}
