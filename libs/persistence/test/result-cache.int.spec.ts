import type { KeepCached } from '@aet/contracts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createPool, PostgresResultCache } from '../src/index.js';
import { PostgresTestServer } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const LONG_MS = 1_000_000;
const key = (n: number): string => String(n).padStart(64, '0');
const result = (n: number, more: Partial<KeepCached> = {}): KeepCached => ({
  key: key(n),
  runId: 'r',
  step: 's',
  attempt: 1,
  capability: 'work',
  workflow: 'w',
  agent: 'a',
  agentVersion: '1',
  files: {},
  durationMs: 5,
  ...more,
});

let server: PostgresTestServer;
let pool: ReturnType<typeof createPool>;
let cache: PostgresResultCache;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  await migrated(server.config);
  pool = createPool(server.config);
  cache = new PostgresResultCache(pool);
});
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});
beforeEach(() => pool.query('TRUNCATE aet.result_cache'));

async function kept(n: number, output: unknown, more: Partial<KeepCached> = {}): Promise<void> {
  const given = result(n, more);
  await cache.keep(given);
  const [entry] = await cache.find(key(n), LONG_MS);
  if (entry !== undefined) await cache.accept({ key: key(n), filesHash: entry.filesHash }, entry.ref, output);
}

it('gives nothing before it is accepted, and nothing that was refused', async () => {
  await cache.keep(result(1));
  const [entry] = await cache.find(key(1), LONG_MS);
  const place = { key: key(1), filesHash: entry?.filesHash ?? '' };
  expect(entry).toMatchObject({ accepted: false, ref: { runId: 'r', step: 's', attempt: 1 } });
  expect(await cache.take(place)).toBeUndefined();
  await cache.accept(place, { runId: 'r', step: 's', attempt: 2 }, 'of another attempt');
  expect(await cache.take(place)).toBeUndefined();
  await cache.accept(place, { runId: 'r', step: 's', attempt: 1 }, { odd: '\u0000' });
  expect(await cache.take(place)).toMatchObject({ output: { odd: '\u0000' }, from: { runId: 'r', step: 's' } });
  await cache.refuse(place, { runId: 'r', step: 's', attempt: 1 });
  expect(await cache.list({})).toMatchObject({ results: [{ hits: 1 }] });
});

it('keeps the candidates of one key apart by their files, and replaces the same by the newer', async () => {
  await kept(1, 'old', { files: { a: null } });
  await kept(1, 'other', { files: { a: 'ff' } });
  expect((await cache.find(key(1), LONG_MS)).length).toBe(2);
  await cache.keep(result(1, { files: { a: null }, runId: 'newer' }));
  expect((await cache.find(key(1), LONG_MS)).map(({ ref, accepted }) => [ref.runId, accepted])).toEqual([
    ['newer', false],
    ['r', true],
  ]);
  expect((await cache.find(key(1), -1)).length).toBe(0);
});

it('forgets what was used longest ago when there is too much, and what is too old', async () => {
  for (const n of [1, 2, 3]) await kept(n, 'x'.repeat(1_000));
  const { bytes } = await cache.total();
  const [first] = await cache.find(key(1), LONG_MS);
  await pool.query(`UPDATE aet.result_cache SET used_at = used_at - interval '1 hour'`);
  await cache.take({ key: key(1), filesHash: first?.filesHash ?? '' });
  expect(await cache.evict(Math.ceil(bytes / 3), LONG_MS)).toBe(2);
  expect((await cache.list({})).results.map((one) => one.key)).toEqual([key(1)]);
  await pool.query(`UPDATE aet.result_cache SET created_at = created_at - interval '1 hour'`);
  expect(await cache.evict(bytes, 60_000)).toBe(1);
});

it('drops by key, capability, workflow and age: those to which all applies', async () => {
  await kept(1, 1);
  await kept(2, 2, { capability: 'other' });
  expect(await cache.drop({ capability: 'work', workflow: 'none' })).toBe(0);
  expect(await cache.drop({ olderThanMs: LONG_MS })).toBe(0);
  expect(await cache.drop({ capability: 'work', workflow: 'w' })).toBe(1);
  expect((await cache.show(key(2).slice(0, 64))).map(({ output }) => output)).toEqual([2]);
  expect(await cache.drop({ olderThanMs: 0 })).toBe(1);
});
