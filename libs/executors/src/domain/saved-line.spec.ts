import { describe, expect, it } from 'vitest';
import { readSavedLine, withoutSavedLines } from './saved-line.js';

describe('a line by which a program saves', () => {
  it('is told from every other', () => {
    expect(readSavedLine('::aet saved {"page":3}')).toEqual({ saved: { page: 3 } });
    expect(readSavedLine('::aet saved null')).toEqual({ saved: null });
    expect(readSavedLine('  ::aet saved {}')).toBeUndefined();
    expect(readSavedLine('::aet savedx {}')).toBeUndefined();
    expect(readSavedLine('::aet saved {"page":')).toMatchObject({ problem: expect.stringContaining('not JSON') as string });
  });

  it('is no part of the output', () => {
    expect(withoutSavedLines('::aet saved 1\n{"a":1}\r\n::aet saved 2\r\n')).toBe('{"a":1}\r\n');
    expect(withoutSavedLines('{"a":"::aet saved 1"}')).toBe('{"a":"::aet saved 1"}');
  });
});
