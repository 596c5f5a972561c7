import type { TaskMessage } from '@aet/contracts';
import type { Outcome } from '@aet/messaging';
import type { AttemptInquiry } from './ports.js';

/** A task that was scheduled longer ago than this may have lain in the stream while its cell was away. Milliseconds. */
const LONG_MS = 10_000;
const ASK_AGAIN_MS = 1_000;

/**
 * What becomes of a task that waited long in a cell that is joined with others: when the cell was away, another may have adopted the run and done the task.
 * So the owner is asked before it is begun, and waited for. Undefined: it is to be done.
 */
export async function outcomeOfLongWaiting(
  inquiry: Pick<AttemptInquiry, 'stateOf'>,
  task: TaskMessage,
  now: Date,
): Promise<Outcome | undefined> {
  if (now.getTime() - Date.parse(task.scheduledAt) < LONG_MS) return undefined;
  const state = await inquiry.stateOf(task, task.cell);
  if (state === 'open') return undefined;
  return state === 'unknown'
    ? { kind: 'retry', afterMs: ASK_AGAIN_MS, reason: 'it waited long, and nobody says yet whether its run is still this cell’s' }
    : { kind: 'done' };
}
