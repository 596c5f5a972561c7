import type { StepKept } from '@aet/contracts';
import { ancestorsOf, isUndone, type RunState } from '@aet/runs';

/** The steps that are done anew when `from` is: it and all that wait for it. */
export const redoneFrom = ({ workflow }: RunState, from: string): ReadonlySet<string> =>
  new Set(Object.keys(workflow.steps).filter((name) => name === from || ancestorsOf(workflow, name).has(from)));

/**
 * What a new run takes over from the one it comes from: the ends of steps that are not done anew, and that rest on nothing that is.
 * A step whose failure ended the run is not taken over: it is what the new run is for.
 */
export function keptSteps(state: RunState, redone: ReadonlySet<string> = new Set()): StepKept['data'][] {
  const { workflow } = state;
  const ended = new Map(
    Object.keys(workflow.steps).flatMap((step): [string, StepKept['data']][] => {
      const kept = redone.has(step) ? undefined : keptStep(state, step);
      return kept === undefined ? [] : [[step, kept]];
    }),
  );
  const rests = (step: string): boolean => [...ancestorsOf(workflow, step)].every((before) => ended.has(before));
  return [...ended.values()].filter(({ step }) => rests(step));
}

function keptStep(state: RunState, step: string): StepKept['data'] | undefined {
  const { status, output = null, error, fan, branch } = state.steps[step] ?? {};
  // What its compensation has undone, or tried to, is done anew.
  if (isUndone(state, step)) return undefined;
  const passed = status === 'failed' && state.workflow.steps[step]?.continueOnError === true;
  if (status !== 'completed' && status !== 'skipped' && !passed) return undefined;
  return {
    step,
    status,
    output,
    ...(error === undefined ? {} : { error }),
    ...(fan === undefined ? {} : { items: fan.items }),
    ...(branch === undefined ? {} : { branch }),
  };
}
