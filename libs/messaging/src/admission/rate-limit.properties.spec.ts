import { type RateLimit, leastBurst } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StoredClaim, claimable, permitsOf, tatBeforeNext, termsOf, waitMs } from './rate-limit.js';
import { ServerClock } from './server-clock.js';

/** Small bursts are the hard ones. */
const limits: fc.Arbitrary<RateLimit> = fc.double({ min: 0.2, max: 200, noNaN: true }).chain((perSecond) => {
  const least = leastBurst(perSecond);
  return fc.record({
    perSecond: fc.constant(perSecond),
    burst: fc.oneof(fc.constant(least), fc.integer({ min: least, max: least + 2 }), fc.integer({ min: least, max: 400 })),
  });
});

/** One claim of a host: when it begins, how slow the wire is, how eagerly it uses what it got. Milliseconds, and a share of the permit's life. */
const claims = fc.record({
  host: fc.integer({ min: 0, max: 3 }),
  pauseMs: fc.oneof(fc.nat(20), fc.nat(2_000)),
  wanted: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(400)),
  thereMs: fc.oneof(fc.nat(3), fc.nat(300)),
  backMs: fc.oneof(fc.nat(3), fc.nat(300)),
  lateness: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
});
type Claim = typeof claims extends fc.Arbitrary<infer T> ? T : never;

/** The bucket's key: a claim and its revision. */
interface Bucket {
  last?: StoredClaim;
  revision: number;
}

/** Carries out claims that overlap as their times say, and returns the true times at which permits were used. */
function usedAt(limit: RateLimit, plan: readonly Claim[]): number[] {
  const terms = termsOf(limit);
  const bucket: Bucket = { revision: 0 };
  const hosts = Array.from({ length: 4 }, (_, index) => ({ clock: new ServerClock(), ahead: index * 1_234.567 }));
  const spare = { clock: new ServerClock(), ahead: 0 };
  const used: number[] = [];
  const events: { at: number; happen: () => void }[] = [];
  let begin = 1_000_000.25;
  for (const claim of plan) {
    begin += claim.pauseMs;
    const sentTrue = begin;
    const host = hosts[claim.host] ?? spare;
    events.push({
      at: sentTrue,
      happen: () => {
        const seen = { ...bucket };
        const sentAt = sentTrue + host.ahead;
        if (seen.last !== undefined) host.clock.learn(seen.last.writtenAt, sentAt);
        const tatMs = tatBeforeNext(seen.last, terms);
        const permits = claimable(tatMs, host.clock.at(sentAt), terms, claim.wanted);
        if (permits === 0) return;
        events.push({
          at: sentTrue + claim.thereMs,
          happen: () => {
            if (bucket.revision !== seen.revision) return; // another host was first
            const stored = {
              claim: { tatMs, permits, periodMs: terms.periodMs },
              writtenAt: Math.floor(sentTrue + claim.thereMs),
            };
            Object.assign(bucket, { last: stored, revision: bucket.revision + 1 });
            const knownTrue = sentTrue + claim.thereMs + claim.backMs;
            host.clock.learn(stored.writtenAt, knownTrue + host.ahead, sentAt);
            for (const { from, until } of permitsOf(stored, terms, sentAt, knownTrue + host.ahead)) {
              if (from <= until) used.push(from + (until - from) * claim.lateness - host.ahead);
            }
          },
        });
      },
    });
  }
  while (events.length > 0) {
    const next = events.reduce((first, event) => (event.at < first.at ? event : first));
    events.splice(events.indexOf(next), 1);
    next.happen();
  }
  return used.toSorted((a, b) => a - b);
}

/** By how many uses the worst window is over the limit. */
function worstExcess(times: readonly number[], { perSecond, burst }: RateLimit): number {
  let worst = -Infinity;
  for (let first = 0; first < times.length; first++) {
    for (let last = first; last < times.length; last++) {
      const windowMs = (times[last] ?? 0) - (times[first] ?? 0);
      worst = Math.max(worst, last - first + 1 - (windowMs * perSecond) / 1_000 - burst);
    }
  }
  return worst;
}

describe('a rate over the cell', () => {
  it('is never exceeded in any window, whatever hosts, wires and permits do', () => {
    fc.assert(
      fc.property(limits, fc.array(claims, { maxLength: 60 }), (limit, plan) => {
        const times = usedAt(limit, plan);
        expect(worstExcess(times, limit)).toBeLessThanOrEqual(1e-6);
      }),
      { numRuns: 400 },
    );
  });

  it('is used to three quarters or more by one busy host on a quick wire', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const seconds = 20;
        const every = Math.max(20, Math.min(1_000 / limit.perSecond / 10, 500));
        const plan = Array.from({ length: (seconds * 1_000) / every }, () => ({
          host: 0,
          pauseMs: every,
          wanted: 400,
          thereMs: 1,
          backMs: 1,
          lateness: 0,
        }));
        expect(usedAt(limit, plan).length).toBeGreaterThanOrEqual(Math.floor(limit.perSecond * seconds * 0.75) - 1);
      }),
      { numRuns: 20 },
    );
  });

  it('says when the next permit can be had', () => {
    fc.assert(
      fc.property(limits, fc.double({ min: 0, max: 100_000, noNaN: true }), (limit, ahead) => {
        const terms = termsOf(limit);
        const now = 5_000_000;
        const wait = waitMs(now + ahead, now, terms);
        expect(claimable(now + ahead, now + wait + 0.001, terms, 1)).toBe(1);
        const before = wait > 0.001 ? claimable(now + ahead, now + wait - 0.001, terms, 1) : 0;
        expect(before).toBe(0);
      }),
    );
  });

  it('goes on at once when the clock of the server was set back by an hour', () => {
    const terms = termsOf({ perSecond: 1, burst: 2 });
    const now = 10_000_000;
    const beforeTheStep = { claim: { tatMs: now + 3_600_000, permits: 1, periodMs: terms.periodMs }, writtenAt: now };
    expect(waitMs(tatBeforeNext(beforeTheStep, terms), now, terms)).toBeLessThanOrEqual(terms.periodMs);
  });
});

describe('the clock of the server, as a host knows it', () => {
  it('is never ahead, and follows when the server is set back', () => {
    const clock = new ServerClock();
    clock.learn(50_000, 10, 5);
    expect(clock.at(10)).toBe(50_000);
    clock.learn(40_000, 20);
    expect(clock.at(20)).toBe(50_010);
    clock.learn(40_000, 30, 25);
    expect(clock.at(30)).toBe(40_006);
  });
});
