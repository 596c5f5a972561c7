import { type RunEvent, RunEventType, WorkflowInvalid, type WorkflowStep } from '@aet/contracts';
import { evaluate, isTruthy, type Scope } from '../expressions/expression.js';
import { FAN_OUT_LIMIT } from './limits.js';
import type { RunState, StepState } from './run-state.js';
import { firstAttempt, nextAttempt } from './step-attempt.js';
import { ancestorsOf } from '../language/step-graph.js';
import { hasGivenUp, stepOf } from './task-state.js';
import { bareExpression } from '../expressions/template.js';

/** Tasks of a fan-out that are out at once when the workflow gives no `concurrency`: it bounds the size of one append. */
const DEFAULT_CONCURRENCY = 256;

export interface Circumstances {
  now: Date;
  /** In `[0, 1)`. */
  random: () => number;
}

/** What a step does next, as the state stands: nothing, being skipped, fanning out, or attempts. @throws {AetError} when its expressions cannot be evaluated. */
export function nextEvents(state: RunState, name: string, circumstances: Circumstances): RunEvent[] {
  const step = state.workflow.steps[name];
  const current = stepOf(state, name);
  if (step === undefined || current === undefined) return [];
  if (current.status === 'waiting') return isReady(state, step) ? beginStep(state, name, step, circumstances.now) : [];
  if (current.status !== 'running') return [];
  return [...retries(state, name, step, current, circumstances), ...furtherItems(state, name, step, current, circumstances.now)];
}

/** Ended, and in a way with which the run goes on. */
export const isPassed = (state: RunState, name: string): boolean => {
  const step = stepOf(state, name);
  return (
    step?.status === 'completed' ||
    step?.status === 'skipped' ||
    (step?.status === 'failed' && state.workflow.steps[name]?.continueOnError === true)
  );
};

const isReady = (state: RunState, step: WorkflowStep): boolean => (step.needs ?? []).every((need) => isPassed(state, need));

function beginStep(state: RunState, name: string, step: WorkflowStep, now: Date): RunEvent[] {
  const scope = scopeOf(state, name);
  if (step.when !== undefined && !isTruthy(evaluate(bareExpression(step.when), scope))) {
    return [{ type: RunEventType.StepSkipped, data: { step: name, reason: `when: ${step.when}` } }];
  }
  if (step.map === undefined) return [firstAttempt(state, name, step, scope, now)];
  return [{ type: RunEventType.StepExpanded, data: { step: name, items: itemsOf(name, step, scope).length } }];
}

function retries(
  state: RunState,
  name: string,
  step: WorkflowStep,
  current: StepState,
  { now, random }: Circumstances,
): RunEvent[] {
  if (current.counts.failed === 0) return [];
  return current.tasks
    .filter((task) => task.status === 'failed' && !hasGivenUp(task))
    .map((task) => nextAttempt(state, name, step, task, now, random));
}

/** The list is evaluated again for each refill: the steps that it can see have ended, so it is the same list. */
function furtherItems(state: RunState, name: string, step: WorkflowStep, current: StepState, now: Date): RunEvent[] {
  if (step.map === undefined || current.items === undefined) return [];
  const inHand = current.tasks.length - current.counts.done;
  const first = current.tasks.length;
  const room = Math.min((step.map.concurrency ?? DEFAULT_CONCURRENCY) - inHand, current.items - first);
  if (room <= 0) return [];
  const scope = scopeOf(state, name);
  const items = itemsOf(name, step, scope).slice(first, first + room);
  return items.map((item, offset) => firstAttempt(state, name, step, { ...scope, item, index: first + offset }, now));
}

function itemsOf(name: string, step: WorkflowStep, scope: Scope): unknown[] {
  const { over: declared } = step.map ?? {};
  const over = typeof declared === 'string' ? bareExpression(declared) : 'the list';
  const items = (typeof declared === 'string' ? evaluate(over, scope) : declared) ?? [];
  if (!Array.isArray(items))
    throw new WorkflowInvalid(`step "${name}": map.over must give a list, and "${over}" gives a ${typeof items}`);
  if (items.length > FAN_OUT_LIMIT)
    throw new WorkflowInvalid(
      `step "${name}": map.over gives ${items.length} items; ${FAN_OUT_LIMIT} are allowed: group them in the step before`,
    );
  return items as unknown[];
}

/** A step sees only the steps that ended before it could begin: what it sees does not depend on when it is asked. */
function scopeOf(state: RunState, name: string): Scope {
  const visible = [...ancestorsOf(state.workflow, name)].map((ancestor): [string, unknown] => [
    ancestor,
    stepOf(state, ancestor)?.output ?? null,
  ]);
  return { inputs: state.inputs, steps: Object.fromEntries(visible) };
}
