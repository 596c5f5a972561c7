import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffCeilingMs, backoffMs, patientBackoffMs } from './backoff.js';

const policy = { initialMs: 100, maxMs: 30_000 };
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('backoff', () => {
  it('doubles from the initial wait up to the longest', () => {
    expect([1, 2, 3, 9, 10, 5000].map((n) => backoffCeilingMs(n, policy))).toEqual([100, 200, 400, 25_600, 30_000, 30_000]);
  });

  it('stays between nothing and the ceiling, whatever the attempt and the luck', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), unit, (attempt, luck) => {
        const wait = backoffMs(attempt, policy, () => luck);
        return Number.isInteger(wait) && wait >= 0 && wait <= backoffCeilingMs(attempt, policy);
      }),
    );
  });

  it('waits at least half of the ceiling when patient', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), unit, (attempt, luck) => {
        const ceiling = backoffCeilingMs(attempt, policy);
        const wait = patientBackoffMs(attempt, policy, () => luck);
        return wait >= ceiling / 2 && wait <= ceiling;
      }),
    );
  });
});
