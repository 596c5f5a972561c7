import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hedgeAfterMs } from './hedge.js';
import { LatencyWindow } from './latency-window.js';

const policy = { enabled: true, quantile: 0.95, minMs: 5, maxMs: 500 };
const samples = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { minLength: 1, maxLength: 400 });

describe('the wait before a second request', () => {
  it('follows what was observed, within its bounds', () => {
    expect([undefined, 1, 80, 9_000].map((observed) => hedgeAfterMs(observed, policy))).toEqual([500, 5, 80, 500]);
  });
});

describe('recent latencies', () => {
  it('give the exact quantile of what is remembered', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0.01, max: 1, noNaN: true }), (taken, p) => {
        const window = new LatencyWindow();
        for (const took of taken) window.add(took);
        const value = window.quantile(p) ?? NaN;
        const remembered = taken.slice(-128);
        const below = remembered.filter((took) => took <= value).length;
        const strictlyBelow = remembered.filter((took) => took < value).length;
        return below >= p * remembered.length && strictlyBelow < p * remembered.length + 1e-9;
      }),
    );
  });

  it('are forgotten after as many newer ones', () => {
    const window = new LatencyWindow();
    for (let n = 0; n < 128; n++) window.add(1_000);
    expect(window.quantile(0.95)).toBe(1_000);
    for (let n = 0; n < 128; n++) window.add(2);
    expect(window.quantile(0.95)).toBe(2);
    expect(window.size).toBe(256);
  });

  it('say nothing before the first', () => {
    expect(new LatencyWindow().quantile(0.5)).toBeUndefined();
  });
});
