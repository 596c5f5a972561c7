import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admission,
  type BulkheadEvent,
  bulkheadNext,
  type BulkheadPolicy,
  type BulkheadState,
  EMPTY_BULKHEAD,
} from './bulkhead.js';

/** Only what can happen: nothing leaves an empty bulkhead, nobody gives up who does not wait. */
function run(events: readonly BulkheadEvent[], policy: BulkheadPolicy): BulkheadState[] {
  const states = [EMPTY_BULKHEAD];
  for (const event of events) {
    const state = states.at(-1) ?? EMPTY_BULKHEAD;
    const possible = event === 'enter' || (event === 'leave' ? state.inFlight > 0 : state.queued > 0);
    if (possible) states.push(bulkheadNext(state, event, policy));
  }
  return states;
}

describe('bulkhead', () => {
  it('runs, then lets wait, then refuses', () => {
    const policy = { inFlight: 2, queue: 1 };
    const states = run(['enter', 'enter', 'enter'], policy);
    expect(states.map((state) => admission(state, policy))).toEqual(['run', 'run', 'wait', 'refuse']);
    expect(run(['enter', 'enter', 'enter', 'enter', 'leave'], policy).at(-1)).toEqual({ inFlight: 2, queued: 0 });
  });

  it('has no limit where none is named', () => {
    const policy = { inFlight: 0, queue: 0 };
    expect(run(Array<BulkheadEvent>(1_000).fill('enter'), policy).at(-1)).toEqual({ inFlight: 1_000, queued: 0 });
  });

  it('keeps both bounds, and lets nobody wait while there is room, whatever happens', () => {
    const policies = fc.record({ inFlight: fc.integer({ min: 1, max: 5 }), queue: fc.nat(5) });
    const events = fc.array(fc.constantFrom<BulkheadEvent>('enter', 'leave', 'give-up'), { maxLength: 100 });
    fc.assert(
      fc.property(policies, events, (policy, history) =>
        run(history, policy).every(
          ({ inFlight, queued }) =>
            inFlight >= 0 &&
            inFlight <= policy.inFlight &&
            queued >= 0 &&
            queued <= policy.queue &&
            (queued === 0 || inFlight === policy.inFlight),
        ),
      ),
    );
  });
});
