import type { StepStatus } from '@aet/contracts';
import type { Tone } from '../ui/badge.js';
import { STEP_TONE } from '../ui/tones.js';

/** How a step is shown. In a run that is over, nothing is under way and nothing waits any more. */
export function stepLook(status: StepStatus, over: boolean): { tone: Tone; word: string } {
  if (over && status === 'running') return { tone: 'idle', word: 'left unfinished' };
  if (over && status === 'waiting') return { tone: 'idle', word: 'not begun' };
  return { tone: STEP_TONE[status], word: status };
}
