import { describe, expect, it } from 'vitest';
import { differencesOf } from './run-differences.js';

describe('the differences of two values', () => {
  it('are none of the same, however it was made', () => {
    expect(differencesOf({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual({ same: true, differences: [], more: 0 });
  });

  it('name the place, and what stands there on each side', () => {
    expect(differencesOf({ a: { b: 1, gone: true }, l: [1, 2] }, { a: { b: 2 }, l: [1, 2, 3], n: null }).differences).toEqual([
      { path: 'a.b', before: 1, after: 2 },
      { path: 'a.gone', before: true },
      { path: 'l.2', after: 3 },
      { path: 'n', after: null },
    ]);
    expect(differencesOf({ a: [] }, { a: {} }).differences).toEqual([{ path: 'a', before: [], after: {} }]);
  });

  it('are bounded: large values are named by their size, many by their number', () => {
    expect(differencesOf({ a: 'x'.repeat(5_000) }, {}).differences).toEqual([{ path: 'a', before: { omittedBytes: 5_002 } }]);
    const numbers = (from: number) => Array.from({ length: 500 }, (_, index) => from + index);
    const { differences, more } = differencesOf(numbers(0), numbers(1));
    expect([differences.length, more]).toEqual([200, 300]);
  });
});
