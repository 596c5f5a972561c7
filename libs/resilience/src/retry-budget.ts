/**
 * A retry budget: a token bucket that calls fill and retries empty, so that retries are at most a share of the calls and cannot become a storm
 * that keeps a weak service down. Source: Finagle's `RetryBudget`; B. Beyer et al., "Site Reliability Engineering", chapter 21.
 */
export interface RetryBudgetPolicy {
  /** Retries for each call, such as 0.1. */
  share: number;
  /** Most tokens that are kept, and those of the beginning: retries that a quiet time allows at once. */
  burst: number;
  /** Tokens that come without any call, each second: a client that calls rarely may retry as well. */
  perSecond: number;
}

export interface RetryBudgetState {
  tokens: number;
  /** When it was counted last. Milliseconds of a monotonic clock. */
  at: number;
}

export const fullBudget = (now: number, policy: RetryBudgetPolicy): RetryBudgetState => ({ tokens: policy.burst, at: now });

/** Tokens as of now. */
export const budgetTokens = (state: RetryBudgetState, now: number, policy: RetryBudgetPolicy): number =>
  Math.min(policy.burst, state.tokens + (Math.max(now - state.at, 0) / 1_000) * policy.perSecond);

/** After a call was begun. A full bucket stays as it is. */
export function afterCall(state: RetryBudgetState, now: number, policy: RetryBudgetPolicy): RetryBudgetState {
  if (state.tokens >= policy.burst) return state;
  return { tokens: Math.min(policy.burst, budgetTokens(state, now, policy) + policy.share), at: now };
}

/** The state after one retry, or undefined: there is no token for it. */
export function spendRetry(state: RetryBudgetState, now: number, policy: RetryBudgetPolicy): RetryBudgetState | undefined {
  const tokens = budgetTokens(state, now, policy);
  return tokens >= 1 ? { tokens: tokens - 1, at: now } : undefined;
}
