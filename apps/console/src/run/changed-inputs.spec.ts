import { describe, expect, it } from 'vitest';
import { changedInputs } from './changed-inputs.js';

describe('edited inputs', () => {
  it('are sent where they differ', () => {
    expect(changedInputs({ a: 1, b: [2] }, { a: 1, b: [3], c: null })).toEqual({ b: [3], c: null });
    expect(changedInputs({ a: { x: 1 } }, { a: { x: 1 } })).toBeUndefined();
    expect(changedInputs({ a: 1 }, undefined)).toBeUndefined();
  });

  it('must be an object', () => {
    expect(() => changedInputs({}, [1])).toThrow('must be an object');
  });
});
