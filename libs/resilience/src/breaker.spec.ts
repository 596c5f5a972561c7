import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allows, type BreakerEvent, type BreakerState, breakerNext, CLOSED } from './breaker.js';

const policy = { failures: 3, openMs: 30_000 };
const run = (events: [BreakerEvent['kind'], number][]) =>
  events.reduce((state, [kind, now]) => breakerNext(state, { kind }, now, policy), CLOSED);

describe('circuit breaker', () => {
  it('opens after consecutive failures only', () => {
    expect(
      run([
        ['failure', 0],
        ['failure', 1],
        ['success', 2],
        ['failure', 3],
        ['failure', 4],
      ]).kind,
    ).toBe('closed');
    expect(
      run([
        ['failure', 0],
        ['failure', 1],
        ['failure', 2],
      ]),
    ).toEqual({ kind: 'open', until: 30_002 });
  });

  it('lets exactly one trial through after the wait', () => {
    const open = run([
      ['failure', 0],
      ['failure', 0],
      ['failure', 0],
    ]);
    expect(allows(open, 29_999, policy)).toBe(false);
    expect(allows(open, 30_000, policy)).toBe(true);
    const trial = breakerNext(open, { kind: 'ask' }, 30_000, policy);
    expect(allows(trial, 30_001, policy)).toBe(false);
    expect(breakerNext(trial, { kind: 'success' }, 30_002, policy)).toEqual(CLOSED);
    expect(breakerNext(trial, { kind: 'failure' }, 30_002, policy)).toEqual({ kind: 'open', until: 60_002 });
  });

  it('replaces a trial that never reported', () => {
    const trial = run([
      ['failure', 0],
      ['failure', 0],
      ['failure', 0],
      ['ask', 30_000],
    ]);
    expect(allows(trial, 60_000, policy)).toBe(true);
  });

  it('lets another trial through at once when the first was taken back', () => {
    const trial = run([
      ['failure', 0],
      ['failure', 0],
      ['failure', 0],
      ['ask', 30_000],
    ]);
    expect(allows(trial, 30_001, policy)).toBe(false);
    expect(allows(breakerNext(trial, { kind: 'abandon' }, 30_001, policy), 30_001, policy)).toBe(true);
  });

  it('never opens where no number of failures is named', () => {
    const off = { failures: 0, openMs: 30_000 };
    const after = Array.from({ length: 100 }).reduce<BreakerState>(
      (state) => breakerNext(state, { kind: 'failure' }, 0, off),
      CLOSED,
    );
    expect(after).toBe(CLOSED);
  });

  it('never stays shut for ever: some time after any history a call is allowed', () => {
    const event = fc.tuple(fc.constantFrom<BreakerEvent['kind']>('ask', 'success', 'failure', 'abandon'), fc.nat(1000));
    fc.assert(
      fc.property(fc.array(event), (steps) => {
        let now = 0;
        const state = run(steps.map(([kind, wait]) => [kind, (now += wait)]));
        return allows(state, now + policy.openMs, policy);
      }),
    );
  });
});
