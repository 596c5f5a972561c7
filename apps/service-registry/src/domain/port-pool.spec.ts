import { expect, it } from 'vitest';
import { candidates, isInPool, poolSize } from './port-pool.js';

const pools = { service: { from: 5000, to: 5019 }, km: { from: 5005, to: 5009 } };
const all = (pool: 'service' | 'km', wish: { preferred?: number; seed: string }) => [...candidates(pools, pool, wish)];
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it('offers each port of the pool once, and leaves those of the KMs to the KMs', () => {
  const service = all('service', { seed: 'a/http' });
  expect(service.toSorted((a, b) => a - b)).toEqual([...range(5000, 5004), ...range(5010, 5019)]);
  expect(all('km', { seed: 'a/http' }).toSorted((a, b) => a - b)).toEqual(range(5005, 5009));
  expect([poolSize(pools, 'service'), poolSize(pools, 'km')]).toEqual([15, 5]);
  expect([isInPool(pools, 'service', 5005), isInPool(pools, 'km', 5005), isInPool(pools, 'km', 5000)]).toEqual([
    false,
    true,
    false,
  ]);
});

it('begins for one asker always at the same port, for many at many', () => {
  expect(all('service', { seed: 'a/http' })).toEqual(all('service', { seed: 'a/http' }));
  const starts = new Set(Array.from({ length: 100 }, (_, i) => all('service', { seed: `instance-${i}/http` })[0]));
  expect(starts.size).toBeGreaterThan(10);
});

it('begins at the wanted port, and tries one outside of the pool before the pool', () => {
  expect(all('service', { preferred: 5017, seed: 'a' }).slice(0, 4)).toEqual([5017, 5018, 5019, 5000]);
  expect(all('service', { preferred: 5007, seed: 'a' })[0]).toBe(5007);
  expect(all('service', { preferred: 8080, seed: 'a' })).toHaveLength(16);
});
