import { describe, expect, it } from 'vitest';
import { parseProcStat, sameProcess } from './process-identity.js';

const STAT =
  '4242 (na) me) (x) S 1 4242 4242 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 9 0 7654321 1000 200 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0';

describe('the identity of a process', () => {
  it('reads state, parent, session and start behind a name with brackets and spaces', () => {
    expect(parseProcStat(STAT)).toEqual({ state: 'S', parent: 1, session: 4242, startTicks: '7654321' });
  });

  it('gives nothing for a text that is no stat line', () => {
    expect(parseProcStat('')).toBeUndefined();
    expect(parseProcStat('1 (x) S 1')).toBeUndefined();
  });

  it('is another one when the system gave the same pid out again', () => {
    expect(sameProcess({ pid: 7, start: 'a' }, { pid: 7, start: 'a' })).toBe(true);
    expect(sameProcess({ pid: 7, start: 'a' }, { pid: 7, start: 'b' })).toBe(false);
    expect(sameProcess({ pid: 7, start: 'a' }, undefined)).toBe(false);
  });
});
