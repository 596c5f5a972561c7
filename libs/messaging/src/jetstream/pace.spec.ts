import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AHEAD_MS, SHORT_MS, observed, tasksAhead, unknownPace } from './pace.js';

const paceOf = (times: readonly number[]) => times.reduce(observed, unknownPace);
const times = (min: number, max: number) => fc.array(fc.double({ min, max, noNaN: true }), { minLength: 8, maxLength: 200 });
const slots = fc.integer({ min: 1, max: 512 });

describe('work that a host has waiting', () => {
  it('is none before it knows how long a task takes', () => {
    expect(tasksAhead(unknownPace, 64)).toBe(0);
    expect(tasksAhead(paceOf([0.1, 0.1, 0.1]), 64)).toBe(0);
  });

  it('is none where tasks are not short', () => {
    fc.assert(fc.property(times(SHORT_MS + 0.01, 60_000), slots, (history, count) => tasksAhead(paceOf(history), count) === 0));
  });

  it('is never more than begins within the limit', () => {
    fc.assert(
      fc.property(times(0, SHORT_MS), slots, (history, count) => {
        const pace = paceOf(history);
        const ahead = tasksAhead(pace, count);
        expect((ahead * pace.meanMs) / count).toBeLessThanOrEqual(AHEAD_MS + 1e-9);
        expect(ahead).toBeLessThanOrEqual(128);
      }),
    );
  });

  it('ends with one long task, however many short ones came before', () => {
    const pace = observed(paceOf(Array.from({ length: 10_000 }, () => 0.2)), 1_000);
    expect(tasksAhead(pace, 64)).toBe(0);
  });
});
