import type { BreakerPolicy } from './breaker.js';
import type { BulkheadPolicy } from './bulkhead.js';
import type { HedgePolicy } from './hedge.js';
import type { RetryBudgetPolicy } from './retry-budget.js';
import type { RetryPolicy } from './retry.js';

/** Everything that may stand around a call. */
export interface CallPolicies {
  bulkhead: BulkheadPolicy;
  breaker: BreakerPolicy;
  hedge: HedgePolicy;
  retry: RetryPolicy;
  budget: RetryBudgetPolicy;
  /** Longest wait for one try, in milliseconds; 0: all the time that the call has left. */
  timeoutMs: number;
}

/** What one target has otherwise. */
export type CallPolicyChanges = {
  [Part in keyof CallPolicies]?: CallPolicies[Part] extends object ? Partial<CallPolicies[Part]> : CallPolicies[Part];
} & {
  /** Answered in place of a failure. Absent: the failure goes to the caller. */
  fallback?: object;
};

export interface DeclaredPolicies {
  default: CallPolicies;
  /** By `service` or `service.method`. */
  targets: Readonly<Record<string, CallPolicyChanges>>;
}

/** The policies of a method: the default, changed by its service's entry, changed by its own. */
export function policiesFor(
  declared: DeclaredPolicies,
  service: string,
  method: string,
): CallPolicies & Pick<CallPolicyChanges, 'fallback'> {
  const changes = [service, `${service}.${method}`].flatMap((name) => declared.targets[name] ?? []);
  return changes.reduce<CallPolicies & Pick<CallPolicyChanges, 'fallback'>>(
    (policies, { timeoutMs, fallback, ...parts }) => ({
      bulkhead: { ...policies.bulkhead, ...parts.bulkhead },
      breaker: { ...policies.breaker, ...parts.breaker },
      hedge: { ...policies.hedge, ...parts.hedge },
      retry: { ...policies.retry, ...parts.retry },
      budget: { ...policies.budget, ...parts.budget },
      timeoutMs: timeoutMs ?? policies.timeoutMs,
      ...((fallback ?? policies.fallback) === undefined ? {} : { fallback: fallback ?? policies.fallback }),
    }),
    declared.default,
  );
}
