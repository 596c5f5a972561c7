import type { WorkflowStep } from '@aet/contracts';
import type { Circumstances } from './circumstances.js';
import type { RunState, StepState } from './run-state.js';

/** A step as it stands when it is asked what comes next. */
export interface Situation {
  state: RunState;
  name: string;
  declared: WorkflowStep;
  step: StepState;
  circumstances: Circumstances;
}
