import { ErrorCode, type RunEvent, RunEventType, RunStatus } from '@aet/contracts';
import type { Circumstances } from './circumstances.js';
import { compensationsDue, endRun } from './compensation.js';
import { errorAt, orFailure } from './defect.js';
import type { Draft } from './draft.js';
import { conclusion } from './fan-out.js';
import { outputOf } from './run-output.js';
import type { Situation } from './situation.js';
import { followersOf, inOrder } from './step-order.js';
import { nextEvents } from './step-progress.js';
import { declaredStep, isPassed, isUnderWay, stepOf } from './step-state.js';

/** Lets the steps that `touched` names do what they can, then those that follow, until none can do more or the run ends. */
export function advance(
  draft: Draft,
  circumstances: Circumstances,
  touched: Iterable<string> = Object.keys(draft.state.workflow.steps),
): void {
  for (let open = new Set(touched); open.size > 0;) {
    const names = inOrder(draft.state.workflow, open);
    // A failed step ends the run before anything new begins.
    if (names.some((name) => endIfFailed(draft, name, circumstances))) return;
    open = new Set();
    for (const name of names) {
      for (const next of go(draft, name, circumstances)) open.add(next);
      if (!isUnderWay(draft.state)) return;
    }
  }
  if (Object.keys(draft.state.workflow.steps).every((name) => isPassed(draft.state, name))) complete(draft, circumstances);
}

/** One move of one step; gives the steps that are to be asked next. */
function go(draft: Draft, name: string, circumstances: Circumstances): readonly string[] {
  const situation = situationOf(draft, name, circumstances);
  if (situation === undefined) return [];
  const events = orFailure(
    () => nextEvents(situation, draft.state.status === RunStatus.Running),
    (error) => {
      endRun(draft, { kind: 'failed', error: errorAt(`step "${name}"`, error), step: name }, circumstances);
      return undefined;
    },
  );
  for (const event of events ?? []) draft.record(event);
  if (events === undefined || events.length > 0) return [name];
  return isPassed(draft.state, name) ? followersOf(draft.state.workflow, name).filter((next) => isWaiting(draft, next)) : [];
}

const isWaiting = (draft: Draft, name: string): boolean => stepOf(draft.state, name)?.status === 'waiting';

function situationOf({ state }: Draft, name: string, circumstances: Circumstances): Situation | undefined {
  const [declared, step] = [declaredStep(state, name), stepOf(state, name)];
  return declared === undefined || step === undefined ? undefined : { state, name, declared, step, circumstances };
}

/** In a paused run nothing begins, and undoing what was done is a beginning: then the end waits as well. */
function endIfFailed(draft: Draft, name: string, circumstances: Circumstances): boolean {
  const situation = situationOf(draft, name, circumstances);
  if (situation?.step.status !== 'failed' || isPassed(draft.state, name)) return false;
  if (draft.state.status === RunStatus.Paused && compensationsDue(draft.state).length > 0) return false;
  for (const event of conclusion(situation)) draft.record(event);
  const { error = { code: ErrorCode.AttemptFailed, message: `step "${name}" failed`, retryable: false } } = situation.step;
  endRun(draft, { kind: 'failed', error, step: name }, circumstances);
  return true;
}

function complete(draft: Draft, circumstances: Circumstances): void {
  orFailure(
    () => draft.record({ type: RunEventType.Completed, data: { output: outputOf(draft.state, circumstances.payloads) } }),
    (error) => endRun(draft, { kind: 'failed', error: errorAt("the run's output", error) }, circumstances),
  );
}

/** The steps that events are about. */
export const touchedBy = (events: readonly RunEvent[]): string[] =>
  events.flatMap(({ data }) => ('step' in data && data.step !== undefined ? [data.step] : []));
