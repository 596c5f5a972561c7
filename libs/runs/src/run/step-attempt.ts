import {
  type AttemptScheduled,
  type CacheRule,
  type ChildRequested,
  Lane,
  LARGEST_PAYLOAD_BYTES,
  parseDuration,
  PayloadTooLarge,
  PRIORITIES,
  Priority,
  type RetryPolicy,
  RunEventType,
  WorkflowInvalid,
  type WorkflowStep,
} from '@aet/contracts';
import { backoffMs } from '@aet/resilience';
import { childRunId, CHILD_DEPTH_LIMIT } from './child-run-id.js';
import { isCarried } from './limits.js';
import type { RunState, TaskState } from './run-state.js';
import type { Situation } from './situation.js';
import type { StepScope } from './step-scope.js';

/** Longest time of one attempt when the step says nothing. */
const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_RETRY: RetryPolicy = { attempts: 3, initialMs: 1000, maxMs: 30_000 };
/** The steps of a sub-run have had their attempts: all of it is done again only where the step says so. */
const CHILD_ATTEMPTS = 1;

/** Longest key of ordered work, and of a cached result. Characters. */
const LONGEST_KEY = 200;

type Attempt = AttemptScheduled | ChildRequested;

/** The first attempt of a step, or of one item of its fan-out (then the scope has `item` and `index`). @throws {ExpressionInvalid | PayloadTooLarge | WorkflowInvalid} */
export function firstAttempt(situation: Situation, scope: StepScope): Attempt {
  const { name, declared, circumstances } = situation;
  const input = scope.render(declared.with ?? {});
  if (!isCarried(input)) {
    throw new PayloadTooLarge(
      `the input of step "${name}" is larger than ${LARGEST_PAYLOAD_BYTES} bytes: pass less, or a reference to an artifact`,
    );
  }
  const after = (duration: string): string => new Date(circumstances.now.getTime() + parseDuration(duration)).toISOString();
  return attemptOf(situation, {
    ...(scope.index === undefined ? {} : { item: scope.index }),
    attempt: 1,
    input,
    retry: retryPolicy(declared),
    ...(declared.delay === undefined ? {} : { notBefore: after(declared.delay) }),
    ...(declared.deadline === undefined ? {} : { deadline: after(declared.deadline) }),
    ...(declared.orderKey === undefined ? {} : { orderKey: keyOf(name, 'orderKey', declared.orderKey, scope) }),
    ...(declared.cache === undefined ? {} : { cache: cacheRule(name, declared.cache, scope) }),
  });
}

function keyOf(name: string, what: string, template: unknown, scope: StepScope): string {
  const key = scope.render(template);
  const text = typeof key === 'number' ? String(key) : key;
  if (typeof text !== 'string' || text === '' || text.length > LONGEST_KEY) {
    throw new WorkflowInvalid(
      `step "${name}": ${what} must give a number, or a text of 1 to ${LONGEST_KEY} characters, and gives ${JSON.stringify(key)?.slice(0, 100)}`,
    );
  }
  return text;
}

function cacheRule(name: string, declared: NonNullable<WorkflowStep['cache']>, scope: StepScope): CacheRule {
  if (declared === true) return {};
  const { key, files, ttl } = declared;
  return {
    ...(key === undefined ? {} : { key: keyOf(name, 'cache.key', key, scope) }),
    ...(files === undefined ? {} : { files }),
    ...(ttl === undefined ? {} : { ttlMs: parseDuration(ttl) }),
  };
}

/** The attempt after another: the same input and what was saved. After a failure with a wait; of a task that was taken up again at once. */
export function nextAttempt(situation: Situation, before: TaskState): Attempt {
  const { now, random } = situation.circumstances;
  const { item, input, orderKey, saved, cache, deadline, retry = retryPolicy(situation.declared) } = before;
  const waitMs = before.revived === true ? undefined : backoffMs(before.attempt, retry, random);
  return attemptOf(situation, {
    ...(item === undefined ? {} : { item }),
    attempt: before.attempt + 1,
    input,
    retry,
    ...(waitMs === undefined ? {} : { notBefore: new Date(now.getTime() + waitMs).toISOString() }),
    ...(orderKey === undefined ? {} : { orderKey }),
    ...(saved === undefined ? {} : { saved }),
    ...(cache === undefined ? {} : { cache }),
    ...(deadline === undefined ? {} : { deadline }),
  });
}

type Varying = Pick<
  AttemptScheduled['data'],
  'item' | 'attempt' | 'input' | 'retry' | 'notBefore' | 'orderKey' | 'saved' | 'cache' | 'deadline'
>;

const attemptOf = (situation: Situation, varying: Varying): Attempt =>
  situation.declared.workflow === undefined ? taskAttempt(situation, varying) : childAttempt(situation, varying);

function taskAttempt({ state, name, declared }: Situation, varying: Varying): AttemptScheduled {
  return {
    type: RunEventType.AttemptScheduled,
    data: {
      step: name,
      capability: declared.task ?? '',
      ...(declared.agent === undefined ? {} : { agent: declared.agent }),
      priority: declared.priority ?? priorityIn(state, declared.lane),
      timeoutMs: declared.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDuration(declared.timeout),
      ...(declared.heartbeat === undefined ? {} : { heartbeatMs: parseDuration(declared.heartbeat) }),
      ...(declared.placement === undefined ? {} : { placement: declared.placement }),
      ...varying,
    },
  };
}

/** A step of a lane, in a run whose priority nobody chose. */
function priorityIn({ priority, prioritized }: RunState, lane: Lane | undefined): Priority {
  if (lane === Lane.RealTime && PRIORITIES.indexOf(priority) > PRIORITIES.indexOf(Priority.High)) return Priority.High;
  return lane === Lane.Background && priority === Priority.Normal && prioritized !== true ? Priority.Low : priority;
}

function childAttempt({ state, name, declared, circumstances }: Situation, varying: Varying): ChildRequested {
  const { item, attempt, input, retry, notBefore } = varying;
  if ((state.parent?.depth ?? 0) >= CHILD_DEPTH_LIMIT) {
    throw new WorkflowInvalid(
      `step "${name}" would begin a run ${CHILD_DEPTH_LIMIT + 1} levels deep; ${CHILD_DEPTH_LIMIT} are allowed: call "${declared.workflow ?? ''}" from a run further up`,
    );
  }
  const place = { step: name, ...(item === undefined ? {} : { item }), attempt };
  return {
    type: RunEventType.ChildRequested,
    data: {
      ...place,
      childRunId: childRunId({ runId: state.runId, ...place }, circumstances.now),
      workflow: declared.workflow ?? '',
      inputs: input as Record<string, unknown>,
      priority: declared.priority ?? state.priority,
      retry,
      ...(notBefore === undefined ? {} : { notBefore }),
    },
  };
}

function retryPolicy({ retry = {}, workflow }: WorkflowStep): RetryPolicy {
  return {
    attempts: retry.attempts ?? (workflow === undefined ? DEFAULT_RETRY.attempts : CHILD_ATTEMPTS),
    initialMs: retry.initial === undefined ? DEFAULT_RETRY.initialMs : parseDuration(retry.initial),
    maxMs: retry.max === undefined ? DEFAULT_RETRY.maxMs : parseDuration(retry.max),
  };
}
