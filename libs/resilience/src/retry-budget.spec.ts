import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterCall, budgetTokens, fullBudget, spendRetry } from './retry-budget.js';

const policy = { share: 0.1, burst: 10, perSecond: 1 };

/** Retries that a history of calls and wishes to retry was granted, and how long it took. */
function grants(
  steps: readonly ['call' | 'retry', number][],
  rules = policy,
): { calls: number; retries: number; elapsedMs: number } {
  let state = fullBudget(0, rules);
  let [now, calls, retries] = [0, 0, 0];
  for (const [kind, wait] of steps) {
    now += wait;
    if (kind === 'call') {
      calls += 1;
      state = afterCall(state, now, rules);
      continue;
    }
    const spent = spendRetry(state, now, rules);
    if (spent === undefined) continue;
    retries += 1;
    state = spent;
  }
  return { calls, retries, elapsedMs: now };
}

describe('retry budget', () => {
  it('gives a quiet client its burst, and then no more', () => {
    const wishes = Array.from({ length: 50 }, (): ['retry', number] => ['retry', 0]);
    expect(grants(wishes).retries).toBe(10);
  });

  it('gives a failing client a share of its calls', () => {
    const each = Array.from({ length: 1_000 }).flatMap((): ['call' | 'retry', number][] => [
      ['call', 0],
      ['retry', 0],
    ]);
    const { retries } = grants(each);
    expect(retries).toBeGreaterThanOrEqual(100);
    expect(retries).toBeLessThanOrEqual(110);
  });

  it('fills again with time', () => {
    let state = fullBudget(0, policy);
    for (let spent = 0; spent < 10; spent++) state = spendRetry(state, 0, policy) ?? state;
    expect(spendRetry(state, 999, policy)).toBeUndefined();
    expect(spendRetry(state, 1_000, policy)).toBeDefined();
    expect(budgetTokens(state, 3_600_000, policy)).toBe(10);
  });

  it('never grants more than burst, share and time together, whatever happens', () => {
    const step = fc.tuple(fc.constantFrom<'call' | 'retry'>('call', 'retry'), fc.nat(2_000));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const { calls, retries, elapsedMs } = grants(steps);
        return retries <= policy.burst + calls * policy.share + (elapsedMs / 1_000) * policy.perSecond + 1e-6;
      }),
    );
  });

  it('is not filled by a clock that goes back', () => {
    const state = spendRetry(fullBudget(1_000, policy), 1_000, policy);
    expect(state && budgetTokens(state, 0, policy)).toBe(9);
  });
});
