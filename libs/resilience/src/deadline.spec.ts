import { describe, expect, it } from 'vitest';
import { deadlineFrom, isPassed, MAX_DEADLINE_MS, parseDeadline, remainingMs } from './deadline.js';

describe('deadline', () => {
  it('is the earlier of the own timeout and the inherited one', () => {
    expect(deadlineFrom(1000, 500, 1200)).toBe(1200);
    expect(deadlineFrom(1000, 100, 1200)).toBe(1100);
    expect(deadlineFrom(1000, undefined, undefined)).toBeUndefined();
  });

  it('is passed at its own millisecond', () => {
    expect(isPassed(1000, 999)).toBe(false);
    expect(isPassed(1000, 1000)).toBe(true);
    expect(isPassed(undefined, 1e15)).toBe(false);
    expect(remainingMs(undefined, 0)).toBe(Infinity);
  });

  it.each(['', '-1', '1.5', '1e9', 'NaN', ' 12', '9'.repeat(17)])('refuses %j', (text) => {
    expect(parseDeadline(text, 0)).toBe('invalid');
  });

  it('believes no deadline further away than a day', () => {
    expect(parseDeadline('9'.repeat(16), 1000)).toBe(1000 + MAX_DEADLINE_MS);
  });
});
