import { type RunEvent, RunEventType } from '@aet/contracts';
import { isTruthy } from '../../expressions/values.js';
import type { RunState } from '../run-state.js';
import type { Situation } from '../situation.js';
import type { StepScope } from '../step-scope.js';
import { stepOf } from '../step-state.js';

/** The first case that holds; none: no way is taken. */
export function takeBranch({ name, declared }: Situation, scope: StepScope): RunEvent[] {
  const taken = declared.branch?.find(({ when }) => when === undefined || isTruthy(scope.read(when)));
  const when = taken?.when === undefined ? {} : { when: taken.when };
  return [{ type: RunEventType.BranchTaken, data: { step: name, taken: [taken?.then ?? []].flat(), ...when } }];
}

/** How a step that ended stands to one that waits for it: `taken` and `passed` by a branch that names it, `dead` when a branch left it out. */
export function wayFrom(state: RunState, need: string, to: string): 'open' | 'passed' | 'dead' {
  const cases = state.workflow.steps[need]?.branch;
  const step = stepOf(state, need);
  if (cases?.some(({ then }) => [then].flat().includes(to)) === true) {
    const { taken } = (step?.output ?? {}) as { taken?: string[] };
    return taken?.includes(to) === true ? 'passed' : 'dead';
  }
  return step?.branch === undefined ? 'open' : 'dead';
}
