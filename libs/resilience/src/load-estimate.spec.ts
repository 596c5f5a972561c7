import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forecastMs, learn, type LoadEstimate, NO_ESTIMATE, shedding } from './load-estimate.js';

const learnt = (samples: readonly [inHand: number, tookMs: number][]): LoadEstimate =>
  samples.reduce((estimate, [inHand, tookMs]) => learn(estimate, inHand, tookMs), NO_ESTIMATE);
const loads = (n: number): number[] => Array.from({ length: n }, (_, index) => 1 + ((index * 7) % 20));

describe('the estimate of a responder', () => {
  it('learns what each request in the queue costs', () => {
    const oneAtATime = learnt(loads(100).map((inHand) => [inHand, 50 * inHand]));
    expect(forecastMs(oneAtATime, 1)).toBeCloseTo(50, 3);
    expect(forecastMs(oneAtATime, 100)).toBeCloseTo(5_000, 1);
    expect(oneAtATime.deviationMs).toBeLessThan(100);
  });

  it('sees that parallel requests do not wait for each other', () => {
    const parallel = learnt(loads(100).map((inHand) => [inHand, 200]));
    expect(forecastMs(parallel, 500)).toBeCloseTo(200, 3);
    expect(shedding(parallel, 500, 300)).toBe('admit');
  });

  it('guesses nothing of a load that it never saw', () => {
    const alone = learnt(loads(50).map(() => [1, 50]));
    expect(forecastMs(alone, 100)).toBe(50);
  });

  it('refuses what would be late, and says whether the load is to blame', () => {
    const oneAtATime = learnt(loads(400).map((inHand) => [inHand, 50 * inHand]));
    expect(shedding(oneAtATime, 5, 500)).toBe('admit');
    expect(shedding(oneAtATime, 40, 500)).toBe('overloaded');
    expect(shedding(oneAtATime, 40, 10)).toBe('too-short');
  });

  it('refuses nothing that it knows too little of, and no request that comes alone', () => {
    const slow = learnt(loads(400).map((inHand) => [inHand, 10_000]));
    expect(shedding(slow, 1, 1)).toBe('admit');
    expect(shedding(learnt(loads(19).map((inHand) => [inHand, 10_000])), 10, 1)).toBe('admit');
  });

  it('admits again soon after a slow time, by the lone requests alone', () => {
    let estimate = learnt(loads(400).map((inHand) => [inHand, 10_000]));
    let tries = 0;
    while (shedding(estimate, 2, 1_000) !== 'admit') {
      estimate = learn(estimate, 1, 5);
      tries += 1;
    }
    expect(tries).toBeLessThan(40);
  });

  it('stays a number, and expects no less of more load, after any history', () => {
    const sample = fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 200 }), fc.integer({ min: 1, max: 10_000 }), (samples, inHand) => {
        const estimate = learnt(samples);
        const [less, more] = [forecastMs(estimate, inHand), forecastMs(estimate, inHand + 1)];
        return Number.isFinite(less) && less >= 0 && more >= less && estimate.deviationMs >= 0;
      }),
    );
  });

  it('admits more time rather than less', () => {
    const sample = fc.tuple(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0, max: 1e4, noNaN: true }));
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 20, maxLength: 100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.nat(10_000),
        (s, n, ms) => {
          const estimate = learnt(s);
          return shedding(estimate, n, ms) !== 'admit' || shedding(estimate, n, ms + 1_000) === 'admit';
        },
      ),
    );
  });
});
