import { InternalError } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkChain, eventHash, GENESIS, type HashedEvent, link } from './hash-chain.js';

const START = { sequence: 0, hash: GENESIS };
const event = (sequence: number, data = '{}'): HashedEvent => ({
  runId: 'r',
  sequence,
  type: 't',
  time: '2026-01-01T00:00:00.000Z',
  data,
});

describe('the hash chain', () => {
  it('has the value that other languages compute', () => {
    // printf '%s\n%s' '["000…0","r",1,"t","2026-01-01T00:00:00.000Z"]' '{}' | sha256sum
    expect(eventHash(GENESIS, event(1))).toBe('a776d61974e21ff8ecc910ec31f3c17ef327d400727c19dce62174abcfc1f63c');
  });

  it('accepts what it linked, whole or from any place on', () => {
    const events = link(GENESIS, [event(1), event(2), event(3)]);
    const [first, , third] = events;
    expect(checkChain('r', START, events)).toEqual({ sequence: 3, hash: third?.hash });
    expect(checkChain('r', { sequence: 1, hash: first?.hash ?? '' }, events.slice(1)).sequence).toBe(3);
  });

  it('finds any change of any field of any event, and names run and sequence', () => {
    const change = fc.record({
      index: fc.integer({ min: 0, max: 4 }),
      field: fc.constantFrom('type', 'time', 'data', 'prevHash', 'hash' as const),
      suffix: fc.string({ minLength: 1 }),
    });
    fc.assert(
      fc.property(change, ({ index, field, suffix }) => {
        const whole = link(
          GENESIS,
          [1, 2, 3, 4, 5].map((n) => event(n, `{"n":${n}}`)),
        );
        const events = whole.map((event, at) => (at === index ? { ...event, [field]: event[field] + suffix } : event));
        expect(() => checkChain('r', START, events)).toThrow(InternalError);
        expect(() => checkChain('r', START, events)).toThrow(new RegExp(`run r .*event ${index + 1} `));
      }),
    );
  });

  it('finds a missing, doubled or exchanged event', () => {
    const [a, b, c] = link(GENESIS, [event(1), event(2), event(3)]) as [never, never, never];
    for (const wrong of [
      [b, c],
      [a, c],
      [a, a, b, c],
      [b, a, c],
    ])
      expect(() => checkChain('r', START, wrong)).toThrow(InternalError);
  });
});
