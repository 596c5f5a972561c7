import { type RunEvent, RunEventType, WorkflowInvalid, type WorkflowStep } from '@aet/contracts';
import { bareExpression } from '../expressions/template.js';
import { isGathered, outputsOf } from './fan-out-state.js';
import { FAN_OUT_LIMIT } from './limits.js';
import type { FanOutState } from './run-state.js';
import type { Situation } from './situation.js';
import { firstAttempt } from './step-attempt.js';
import { scopeOf, type StepScope } from './step-scope.js';

/** Tasks of a fan-out that are out at once when the workflow gives no `concurrency`: it bounds the size of one append. */
const DEFAULT_CONCURRENCY = 256;

export const concurrencyOf = ({ map }: WorkflowStep): number => map?.concurrency ?? DEFAULT_CONCURRENCY;

/** The fan-out learns how many items it has. @throws {WorkflowInvalid} when they are no list, or too many. */
export const expand = ({ name, declared }: Situation, scope: StepScope): RunEvent[] => [
  { type: RunEventType.StepExpanded, data: { step: name, items: itemsOf(name, declared.map?.over, scope).length } },
];

/** As many further items as there is room for. */
export function furtherItems(situation: Situation): RunEvent[] {
  const { declared, step, circumstances } = situation;
  if (declared.map === undefined || step.fan === undefined) return [];
  const first = step.tasks.length;
  const inHand = first - step.counts.done;
  const room = Math.min(concurrencyOf(declared) - inHand, step.fan.items - first);
  if (room <= 0) return [];
  const { scope, items } = listOfFan(situation, step.fan);
  return items
    .slice(first, first + room)
    .map((item, offset) => firstAttempt(situation, scope.with({ item, index: first + offset }, circumstances.payloads)));
}

interface Listed {
  scope: StepScope;
  items: readonly unknown[];
}

/** The steps that a fan-out can see have ended, so its list stays the same: it is made once, and not for each refill. */
const lists = new WeakMap<FanOutState, Listed>();

function listOfFan({ state, name, declared, circumstances }: Situation, fan: FanOutState): Listed {
  const known = lists.get(fan);
  if (known !== undefined) return known;
  // What was loaded from the object store is not kept with it.
  const scope = scopeOf(state, name);
  const listed = { scope, items: itemsOf(name, declared.map?.over, scope.with({}, circumstances.payloads)) };
  lists.set(fan, listed);
  return listed;
}

function itemsOf(name: string, declared: unknown, scope: StepScope): unknown[] {
  const over = typeof declared === 'string' ? bareExpression(declared) : 'the list';
  const items = (typeof declared === 'string' ? scope.read(over) : scope.render(declared)) ?? [];
  if (!Array.isArray(items))
    throw new WorkflowInvalid(`step "${name}": map.over must give a list, and "${over}" gives a ${typeof items}`);
  if (items.length > FAN_OUT_LIMIT)
    throw new WorkflowInvalid(
      `step "${name}": map.over gives ${items.length} items; ${FAN_OUT_LIMIT} are allowed: group them in the step before`,
    );
  return items as unknown[];
}

/** Enough was done, or too much went wrong, while other tasks are still in hand. */
export function conclusion({ name, step }: Situation): RunEvent[] {
  if (step.fan === undefined || step.concluded !== undefined) return [];
  const { tasks, counts, fan, status } = step;
  const isShort = tasks.length > counts.done;
  const ended = (reason: 'quorum' | 'tolerance'): RunEvent[] => [
    { type: RunEventType.StepConcluded, data: { step: name, reason } },
  ];
  if (status === 'failed') return isShort ? ended('tolerance') : [];
  const hasQuorum = fan.quorum !== undefined && counts.done - counts.givenUp >= fan.quorum;
  return status === 'running' && hasQuorum && !isGathered(step) ? ended('quorum') : [];
}

/** What the step gives is made of its tasks' outputs. */
export function collection({ state, name, declared, step, circumstances }: Situation): RunEvent[] {
  const { collect } = declared.map ?? {};
  if (collect === undefined || step.status !== 'running' || !isGathered(step)) return [];
  const scope = scopeOf(state, name, circumstances.payloads).with({ items: outputsOf(step) });
  return [{ type: RunEventType.StepCollected, data: { step: name, output: scope.evaluate(collect) } }];
}
