import { describe, expect, it } from 'vitest';
import { age, duration } from './duration.js';

describe('times for people', () => {
  it.each([
    [-5, '0 ms'],
    [840, '840 ms'],
    [1234, '1.2 s'],
    [59_999, '59 s'],
    [60_000, '1 m'],
    [252_000, '4 m 12 s'],
    [7_500_000, '2 h 5 m'],
    [172_860_000, '2 d'],
  ])('%i ms last %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
  it.each([
    [-5, 'now'],
    [12_900, '12 s ago'],
    [3_600_000, '1 h ago'],
    [259_200_000, '3 d ago'],
  ])('%i ms are %s', (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});
