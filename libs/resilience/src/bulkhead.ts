/**
 * A bulkhead as a reducer: at most `inFlight` calls at once and `queue` that wait for their turn; what comes on top is refused at once.
 * One slow service then holds a bounded part of its caller. Source: M. Nygard, "Release It!". The caller keeps those who wait, in order.
 */
export interface BulkheadPolicy {
  /** Calls at once; 0: no limit. */
  inFlight: number;
  /** Calls that may wait. */
  queue: number;
}

export interface BulkheadState {
  inFlight: number;
  queued: number;
}

export const EMPTY_BULKHEAD: BulkheadState = { inFlight: 0, queued: 0 };

/** What happens to a call that comes now. */
export function admission(state: BulkheadState, policy: BulkheadPolicy): 'run' | 'wait' | 'refuse' {
  if (policy.inFlight === 0 || state.inFlight < policy.inFlight) return 'run';
  return state.queued < policy.queue ? 'wait' : 'refuse';
}

/** `enter`: a call comes. `leave`: one that ran has ended, and the first that waits takes its place. `give-up`: one that waited waits no more. */
export type BulkheadEvent = 'enter' | 'leave' | 'give-up';

export function bulkheadNext(state: BulkheadState, event: BulkheadEvent, policy: BulkheadPolicy): BulkheadState {
  const { inFlight, queued } = state;
  switch (event) {
    case 'enter':
      return entered(state, policy);
    case 'leave':
      return queued > 0 ? { inFlight, queued: queued - 1 } : { inFlight: inFlight - 1, queued };
    case 'give-up':
      return { inFlight, queued: queued - 1 };
  }
}

function entered(state: BulkheadState, policy: BulkheadPolicy): BulkheadState {
  switch (admission(state, policy)) {
    case 'run':
      return { inFlight: state.inFlight + 1, queued: state.queued };
    case 'wait':
      return { inFlight: state.inFlight, queued: state.queued + 1 };
    case 'refuse':
      return state;
  }
}
