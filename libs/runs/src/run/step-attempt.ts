import {
  type AttemptScheduled,
  parseDuration,
  PayloadTooLarge,
  type RetryPolicy,
  RunEventType,
  WorkflowInvalid,
  type WorkflowStep,
} from '@aet/contracts';
import { backoffMs } from '@aet/resilience';
import type { Scope } from '../expressions/expression.js';
import { isPayload, PAYLOAD_LIMIT_BYTES } from './limits.js';
import type { RunState, TaskState } from './run-state.js';
import { render } from '../expressions/template.js';

/** Longest time of one attempt when the step says nothing. */
const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_RETRY: RetryPolicy = { attempts: 3, initialMs: 1000, maxMs: 30_000 };

/** Longest key of ordered work. Characters. */
const LONGEST_ORDER_KEY = 200;

/** The first attempt of a step, or of one item of its fan-out (then the scope has `item` and `index`). @throws {ExpressionInvalid | PayloadTooLarge | WorkflowInvalid} */
export function firstAttempt(state: RunState, name: string, step: WorkflowStep, scope: Scope, now: Date): AttemptScheduled {
  const input = render(step.with ?? {}, scope);
  if (!isPayload(input)) {
    throw new PayloadTooLarge(
      `the input of step "${name}" is larger than ${PAYLOAD_LIMIT_BYTES} bytes: pass less, or a reference to an artifact`,
    );
  }
  return attemptOf(state, name, step, {
    ...(scope.index === undefined ? {} : { item: scope.index }),
    attempt: 1,
    input,
    retry: retryPolicy(step),
    ...(step.delay === undefined ? {} : { notBefore: new Date(now.getTime() + parseDuration(step.delay)).toISOString() }),
    ...(step.orderKey === undefined ? {} : { orderKey: orderKeyOf(name, step.orderKey, scope) }),
  });
}

function orderKeyOf(name: string, template: unknown, scope: Scope): string {
  const key = render(template, scope);
  const text = typeof key === 'number' ? String(key) : key;
  if (typeof text !== 'string' || text === '' || text.length > LONGEST_ORDER_KEY) {
    throw new WorkflowInvalid(
      `step "${name}": orderKey must give a number, or a text of 1 to ${LONGEST_ORDER_KEY} characters, and gives ${JSON.stringify(key)?.slice(0, 100)}`,
    );
  }
  return text;
}

/** The attempt after a failed one: the same input, after a wait. */
export function nextAttempt(
  state: RunState,
  name: string,
  step: WorkflowStep,
  failed: TaskState,
  now: Date,
  random: () => number,
): AttemptScheduled {
  const { item, attempt, input, retry, orderKey } = failed;
  const notBefore = new Date(now.getTime() + backoffMs(attempt, retry, random)).toISOString();
  return attemptOf(state, name, step, {
    ...(item === undefined ? {} : { item }),
    attempt: attempt + 1,
    input,
    retry,
    notBefore,
    ...(orderKey === undefined ? {} : { orderKey }),
  });
}

/** The attempt of a task that a redrive took up again, as the fold of that event left it: at once. */
export function revivedAttempt(state: RunState, name: string, step: WorkflowStep, revived: TaskState): AttemptScheduled {
  const { item, attempt, input, retry, orderKey } = revived;
  return attemptOf(state, name, step, {
    ...(item === undefined ? {} : { item }),
    attempt,
    input,
    retry,
    ...(orderKey === undefined ? {} : { orderKey }),
  });
}

type Varying = Pick<AttemptScheduled['data'], 'item' | 'attempt' | 'input' | 'retry' | 'notBefore' | 'orderKey'>;

const attemptOf = (state: RunState, name: string, step: WorkflowStep, varying: Varying): AttemptScheduled => ({
  type: RunEventType.AttemptScheduled,
  data: {
    step: name,
    capability: step.task ?? '',
    ...(step.agent === undefined ? {} : { agent: step.agent }),
    priority: step.priority ?? state.priority,
    timeoutMs: step.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDuration(step.timeout),
    ...varying,
  },
});

const retryPolicy = ({ retry = {} }: WorkflowStep): RetryPolicy => ({
  attempts: retry.attempts ?? DEFAULT_RETRY.attempts,
  initialMs: retry.initial === undefined ? DEFAULT_RETRY.initialMs : parseDuration(retry.initial),
  maxMs: retry.max === undefined ? DEFAULT_RETRY.maxMs : parseDuration(retry.max),
});
