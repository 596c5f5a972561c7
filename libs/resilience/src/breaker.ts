/**
 * A circuit breaker as a reducer: `closed` counts consecutive failures, at `failures` it opens; while `open` nothing is tried for `openMs`;
 * then `half-open` lets one trial through, whose result closes it or opens it again.
 * Source: M. Nygard, "Release It!"; the caller keeps the state, the clock and whatever listens to transitions.
 * Times are milliseconds of one clock. A monotonic one: a clock that is set back must not keep a breaker open.
 */
export type BreakerState =
  | { kind: 'closed'; failures: number }
  | { kind: 'open'; until: number }
  /** `since`: when the trial was let through. A trial that never reports is replaced after `openMs`. */
  | { kind: 'half-open'; since: number };

export interface BreakerPolicy {
  /** Consecutive failures that open it; 0: it never opens. */
  failures: number;
  openMs: number;
}

/** `abandon`: the call ended and says nothing of the other side, such as one that its caller took back. */
export type BreakerEvent = { kind: 'ask' } | { kind: 'success' } | { kind: 'failure' } | { kind: 'abandon' };

export const CLOSED: BreakerState = { kind: 'closed', failures: 0 };

/** The state after an event. Whether an `ask` may go through is `allows(before, now, policy)`. */
export function breakerNext(state: BreakerState, event: BreakerEvent, now: number, policy: BreakerPolicy): BreakerState {
  switch (event.kind) {
    case 'ask':
      return state.kind !== 'closed' && allows(state, now, policy) ? { kind: 'half-open', since: now } : state;
    case 'success':
      // A late success of a call from before the opening proves nothing about now.
      return state.kind === 'open' ? state : CLOSED;
    case 'failure':
      return afterFailure(state, now, policy);
    case 'abandon':
      // If it was the trial, the next call may be one at once.
      return state.kind === 'half-open' ? { kind: 'open', until: now } : state;
  }
}

function afterFailure(state: BreakerState, now: number, policy: BreakerPolicy): BreakerState {
  if (state.kind === 'open' || policy.failures === 0) return state;
  const failures = state.kind === 'closed' ? state.failures + 1 : policy.failures;
  return failures >= policy.failures ? { kind: 'open', until: now + policy.openMs } : { kind: 'closed', failures };
}

export function allows(state: BreakerState, now: number, policy: BreakerPolicy): boolean {
  switch (state.kind) {
    case 'closed':
      return true;
    case 'open':
      return now >= state.until;
    case 'half-open':
      return now >= state.since + policy.openMs;
  }
}
