import { describe, expect, it } from 'vitest';
import { apiPathOf, described, filterOf, placeOf } from './run-filter.js';

describe('the filter of the list of runs', () => {
  it('is in the address and nowhere else', () => {
    const filter = filterOf(new URLSearchParams('status=failed&text=time%20out&other=1&workflow='));
    expect(filter).toEqual({ status: 'failed', text: 'time out' });
    expect(placeOf(filter)).toBe('/runs?status=failed&text=time+out');
    expect(apiPathOf({ ...filter, cursor: 'c' })).toBe('/v1/runs?limit=50&counts=true&status=failed&text=time+out&cursor=c');
    expect(placeOf({})).toBe('/runs');
  });

  it('can be said in words', () => {
    expect(described({})).toBe('run');
    expect(described({ status: 'failed', workflow: 'review', text: 'x' })).toBe('failed run of review with “x”');
  });
});
