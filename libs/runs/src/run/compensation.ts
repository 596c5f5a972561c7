import {
  type ErrorBody,
  ErrorCode,
  type RunCompensating,
  type RunEvent,
  RunEventType,
  RunStatus,
  type WorkflowStep,
} from '@aet/contracts';
import type { Circumstances } from './circumstances.js';
import { orFailure } from './defect.js';
import type { Draft } from './draft.js';
import type { RunState } from './run-state.js';
import type { Situation } from './situation.js';
import { firstAttempt } from './step-attempt.js';
import { retries } from './step-progress.js';
import { outputOfStep, scopeOf } from './step-scope.js';
import { declaredStep, stepOf, undoName, WAITING } from './step-state.js';

export type Ending = RunCompensating['data']['ending'];

/** Steps that this run completed and that say what undoes them; the last completed first. What it took over from another run is that one's. */
export const compensationsDue = ({ workflow, steps }: RunState): string[] =>
  Object.entries(steps)
    .filter(
      ([name, { status, kept }]) => status === 'completed' && kept !== true && workflow.steps[name]?.compensate !== undefined,
    )
    .toSorted(([, a], [, b]) => (b.endedWith ?? 0) - (a.endedWith ?? 0))
    .map(([name]) => name);

/** Its compensation was begun, whether or not it ended well. */
export const isUndone = (state: RunState, step: string): boolean => stepOf(state, undoName(step)) !== undefined;

/** Ends the run, after what it did was undone. */
export function endRun(draft: Draft, ending: Ending, circumstances: Circumstances): void {
  const steps = compensationsDue(draft.state);
  if (steps.length === 0) return draft.record(endOf(ending, []));
  draft.record({ type: RunEventType.Compensating, data: { ending, steps } });
  undo(draft, circumstances);
}

/** One compensation after the other. One that gives up is noted, and the others follow all the same. */
export function undo(draft: Draft, circumstances: Circumstances): void {
  while (draft.state.status === RunStatus.Compensating) {
    const { ending, steps } = draft.state.compensation as RunCompensating['data'];
    const next = steps.find((step) => !isOver(draft.state, step));
    if (next === undefined) return draft.record(endOf(ending, failures(draft.state, steps)));
    const events = undoing(draft.state, next, circumstances);
    for (const event of events) draft.record(event);
    if (events.length === 0) return;
  }
}

const isOver = (state: RunState, step: string): boolean => {
  const status = stepOf(state, undoName(step))?.status;
  return status === 'completed' || status === 'failed';
};

function undoing(state: RunState, step: string, circumstances: Circumstances): RunEvent[] {
  const name = undoName(step);
  const declared = declaredStep(state, name) as WorkflowStep;
  const known = stepOf(state, name);
  const situation: Situation = { state, name, declared, step: known ?? WAITING, circumstances };
  if (known !== undefined) return retries(situation);
  const scope = scopeOf(state, step, circumstances.payloads);
  const output = outputOfStep(state, step);
  return orFailure<RunEvent[]>(
    () => [firstAttempt(situation, scope.with({ output, steps: { ...scope.values.steps, [step]: output } }))],
    (error) => [{ type: RunEventType.StepFailed, data: { step: name, error: error.toBody() } }],
  );
}

interface Failure {
  step: string;
  error: ErrorBody;
}

const failures = (state: RunState, steps: readonly string[]): Failure[] =>
  steps.flatMap((step) => {
    const error = stepOf(state, undoName(step))?.error;
    return error === undefined ? [] : [{ step, error }];
  });

function endOf(ending: Ending, uncompensated: readonly Failure[]): RunEvent {
  if (ending.kind === 'failed') {
    const { error, step } = ending;
    const data = { error: noted(error, uncompensated), ...(step === undefined ? {} : { step }) };
    return { type: RunEventType.Failed, data };
  }
  const { kind: _, ...word } = ending;
  const error = { code: ErrorCode.Cancelled, message: `the run was cancelled by ${word.by}`, retryable: false };
  const data = { ...word, ...(uncompensated.length === 0 ? {} : { error: noted(error, uncompensated) }) };
  return { type: RunEventType.Cancelled, data };
}

function noted(error: ErrorBody, uncompensated: readonly Failure[]): ErrorBody {
  if (uncompensated.length === 0) return error;
  const { details } = error;
  const isRecord = typeof details === 'object' && details !== null && !Array.isArray(details);
  const known = isRecord ? details : details === undefined ? {} : { details };
  return { ...error, details: { ...known, uncompensated } };
}
