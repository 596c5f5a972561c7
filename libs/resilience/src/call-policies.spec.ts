import { describe, expect, it } from 'vitest';
import { type CallPolicies, policiesFor } from './call-policies.js';

const base: CallPolicies = {
  bulkhead: { inFlight: 0, queue: 0 },
  breaker: { failures: 5, openMs: 1_000 },
  hedge: { enabled: false, quantile: 0.95, minMs: 5, maxMs: 500 },
  retry: { attempts: 3, initialMs: 20, maxMs: 500 },
  budget: { share: 0.1, burst: 10, perSecond: 1 },
  timeoutMs: 0,
};

describe('the policies of a target', () => {
  it('are the default where nothing is declared', () => {
    expect(policiesFor({ default: base, targets: {} }, 'km', 'search')).toEqual(base);
  });

  it("are changed by its service's entry, then by its own, key by key", () => {
    const targets = {
      km: { breaker: { failures: 3 }, timeoutMs: 200, fallback: { hits: ['of the service'] } },
      'km.search': { breaker: { openMs: 30_000 }, hedge: { enabled: true }, fallback: { hits: [] } },
      'km.ingest': { timeoutMs: 9 },
    };
    expect(policiesFor({ default: base, targets }, 'km', 'search')).toEqual({
      ...base,
      breaker: { failures: 3, openMs: 30_000 },
      hedge: { ...base.hedge, enabled: true },
      timeoutMs: 200,
      fallback: { hits: [] },
    });
    expect(policiesFor({ default: base, targets }, 'km', 'stats').fallback).toEqual({ hits: ['of the service'] });
    expect(policiesFor({ default: base, targets }, 'gateway', 'search')).toEqual(base);
  });
});
