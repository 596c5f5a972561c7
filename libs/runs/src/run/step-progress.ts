import { type RunEvent, RunEventType, type StepKind } from '@aet/contracts';
import { isTruthy } from '../expressions/values.js';
import { waitsFor } from '../language/step-graph.js';
import { kindOf } from '../language/step-kind.js';
import { collection, conclusion, concurrencyOf, expand, furtherItems } from './fan-out.js';
import { expireApproval, requestApproval } from './kinds/approval.js';
import { takeBranch, wayFrom } from './kinds/branch.js';
import { beginWait, endWait } from './kinds/wait.js';
import type { Situation } from './situation.js';
import { firstAttempt, nextAttempt } from './step-attempt.js';
import { scopeOf, type StepScope } from './step-scope.js';
import { isPassed } from './step-state.js';
import { entryAt } from './task-list.js';

/**
 * What a step does next, as the run stands: nothing, being skipped, beginning, another attempt, ending. @param mayBegin false in a paused run: only what
 * ends may follow. @throws {AetError} when its expressions cannot be evaluated. @throws {PayloadNeeded}
 */
export function nextEvents(situation: Situation, mayBegin: boolean): RunEvent[] {
  const { status } = situation.step;
  if (status === 'waiting') return mayBegin ? entering(situation) : [];
  const ends = status === 'running' || status === 'failed' ? conclusion(situation) : [];
  if (status !== 'running' || ends.length > 0) return ends;
  const ended = [endWait, expireApproval, collection].flatMap((end) => end(situation));
  return ended.length > 0 || !mayBegin ? ended : [...retries(situation), ...furtherItems(situation)];
}

/** A waiting step begins when all that it waits for has ended, unless a branch took another way. */
function entering(situation: Situation): RunEvent[] {
  const { state, name, declared, circumstances } = situation;
  const needs = waitsFor(state.workflow, name);
  if (!needs.every((need) => isPassed(state, need))) return [];
  const branch = passedBy(situation, needs);
  if (branch !== undefined)
    return [{ type: RunEventType.StepSkipped, data: { step: name, reason: `branch "${branch}" took another way`, branch } }];
  const scope = scopeOf(state, name, circumstances.payloads);
  if (declared.when !== undefined && !isTruthy(scope.read(declared.when)))
    return [{ type: RunEventType.StepSkipped, data: { step: name, reason: `when: ${declared.when}` } }];
  return declared.map === undefined ? BEGINNINGS[kindOf(declared)](situation, scope) : expand(situation, scope);
}

/** The branch for which a step is skipped: none that names it took it, or all that it needs was skipped for branches. */
function passedBy({ state, name }: Situation, needs: readonly string[]): string | undefined {
  const ways = needs.map((need) => ({ need, way: wayFrom(state, need, name) }));
  const naming = ways.filter(({ need }) => isNamedBy(state.workflow.steps[need]?.branch, name));
  const isLeftOut = naming.length > 0 && naming.every(({ way }) => way === 'dead');
  const isCutOff = ways.length > 0 && ways.every(({ way }) => way === 'dead');
  if (!isLeftOut && !isCutOff) return undefined;
  const [first] = isLeftOut ? naming : ways;
  return first === undefined ? undefined : (state.steps[first.need]?.branch ?? first.need);
}

const isNamedBy = (cases: readonly { then: string | string[] }[] | undefined, name: string): boolean =>
  cases?.some(({ then }) => [then].flat().includes(name)) === true;

const BEGINNINGS: Record<StepKind, (situation: Situation, scope: StepScope) => RunEvent[]> = {
  task: (situation, scope) => [firstAttempt(situation, scope)],
  workflow: (situation, scope) => [firstAttempt(situation, scope)],
  branch: takeBranch,
  approval: requestApproval,
  wait: beginWait,
  checkpoint: ({ name, declared }, scope) => [
    { type: RunEventType.CheckpointReached, data: { step: name, data: scope.render(declared.checkpoint) } },
  ],
};

/** The attempts that follow others, as many as there is room for. */
export function retries({ step, ...situation }: Situation): RunEvent[] {
  const running = step.tasks.length - step.counts.done - step.failed.length;
  const room = step.fan === undefined ? 1 : concurrencyOf(situation.declared) - running;
  return step.failed.slice(0, Math.max(0, room)).flatMap((place) => {
    const task = entryAt(step.tasks, place);
    return task === undefined ? [] : [nextAttempt({ step, ...situation }, task)];
  });
}
