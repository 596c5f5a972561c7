import type { TaskMessage } from '@aet/contracts';
import type { AttemptInquiry } from './ports.js';

/** Whether the owner of a task's run has its result, or wants it no more. Without an answer it is done again: its second result counts for nothing. */
export async function isSettled(inquiry: Pick<AttemptInquiry, 'stateOf'>, task: TaskMessage): Promise<boolean> {
  const state = await inquiry.stateOf(task, task.cell);
  return state === 'finished' || state === 'superseded';
}
