import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timed, TimerWheel } from './timer-wheel.js';

class Limit extends Timed {
  constructor(
    readonly expiresAt: number,
    readonly addedAt = 0,
  ) {
    super();
  }
  expire(): void {}
}

const TICK = 10;
/** Small, so that many things share a slot and most are due in a later turn. */
const SLOTS = 8;

const time = fc.integer({ min: 0, max: 500 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), afterMs: fc.integer({ min: -50, max: 400 }) }),
  fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('advance' as const), byMs: time }),
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What the wheel did otherwise than a list of all that waits would. */
function faults(start: number, steps: Step[]): string[] {
  const found: string[] = [];
  let now = start;
  const wheel = new TimerWheel<Limit>(TICK, SLOTS, now);
  let waiting: Limit[] = [];
  for (const one of steps) {
    if (one.kind === 'add') {
      const limit = new Limit(now + one.afterMs, now);
      wheel.add(limit, limit.expiresAt);
      waiting.push(limit);
    } else if (one.kind === 'remove') {
      const [limit] = waiting.splice(waiting.length === 0 ? 0 : one.which % waiting.length, 1);
      if (limit !== undefined) wheel.remove(limit);
    } else {
      now += one.byMs;
      const due = new Set(wheel.advance(now));
      for (const { expiresAt } of due) if (expiresAt > now) found.push(`${expiresAt} expired at ${now}`);
      if ([...due].some((limit) => !waiting.includes(limit))) found.push('something expired that was not there');
      waiting = waiting.filter((limit) => !due.has(limit));
      // What was past when it was added waits for the next tick.
      for (const { expiresAt, addedAt } of waiting)
        if (Math.max(expiresAt, addedAt) <= now - TICK) found.push(`${expiresAt} still waits at ${now}`);
    }
    if (wheel.size !== waiting.length) found.push(`${wheel.size} instead of ${waiting.length} wait`);
  }
  return found;
}

describe('a timer wheel, beside a list that is searched', () => {
  it('expires the same things, none early and none a tick late', () => {
    fc.assert(
      fc.property(time, fc.array(step, { maxLength: 200 }), (start, steps) => {
        expect(faults(start, steps)).toEqual([]);
      }),
    );
  });

  it('says when it must be looked at, in time for the earliest', () => {
    fc.assert(
      fc.property(time, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 50 }), (start, delays) => {
        const wheel = new TimerWheel<Limit>(TICK, SLOTS, start);
        for (const delay of delays) wheel.add(new Limit(start + delay), start + delay);
        let expired = 0;
        for (let turns = 0; wheel.size > 0; turns++) {
          const at = wheel.nextAt();
          expect(turns).toBeLessThan(400);
          for (const { expiresAt } of wheel.advance(at)) {
            expired += 1;
            expect(at - expiresAt).toBeLessThan(TICK);
            expect(at).toBeGreaterThanOrEqual(expiresAt);
          }
        }
        expect(expired).toBe(delays.length);
        expect(wheel.nextAt()).toBe(Infinity);
      }),
    );
  });

  it('lets a thing be removed twice, or after it has expired', () => {
    const wheel = new TimerWheel<Limit>(TICK, SLOTS, 0);
    const limit = new Limit(5);
    wheel.add(limit, 5);
    expect(wheel.advance(20)).toEqual([limit]);
    wheel.remove(limit);
    wheel.remove(limit);
    expect(wheel.size).toBe(0);
  });
});
