import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTryMs } from './retry.js';

const policy = { attempts: 3, initialMs: 100, maxMs: 1_000 };
const never = (): number => 0;

describe('the next try', () => {
  it('is not made when the tries are used up', () => {
    expect([1, 2, 3, 4].map((attempt) => nextTryMs(attempt, Infinity, policy, never) !== undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('is not made when the wait would take all the time that is left', () => {
    expect(nextTryMs(1, 50, policy, () => 0.9)).toBeUndefined();
    expect(nextTryMs(1, 50, policy, () => 0.1)).toBe(10);
    expect(nextTryMs(1, 0, policy, never)).toBeUndefined();
  });

  it('always begins before the time is over and waits no longer than the policy says', () => {
    const luck = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: -10, max: 3_000 }), luck, (attempt, remaining, random) => {
        const wait = nextTryMs(attempt, remaining, policy, () => random);
        return wait === undefined || (wait < remaining && wait <= policy.maxMs && attempt < policy.attempts);
      }),
    );
  });
});
