import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { claimInTransaction, createPool, PostgresEffectLedger } from '../src/index.js';
import type { EffectEnd, EffectWish } from '../src/effects/effect-ledger.js';
import { PostgresTestServer } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

const by = { cell: 'c1', host: 'h1', instance: 'agent-00000001', agent: 'tester' };
const wish = (runId: string, claimant: string, more: Partial<EffectWish> = {}): EffectWish => ({
  runId,
  step: 's',
  attempt: 1,
  epoch: 1,
  key: 'deploy',
  claimant,
  by,
  ...more,
});
const done = (of: EffectWish, result: unknown, instead?: string): EffectEnd => ({
  ...of,
  outcome: { state: 'done', result },
  ...(instead === undefined ? {} : { instead }),
});

let server: PostgresTestServer;
let pool: ReturnType<typeof createPool>;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  await migrated(server.config);
  pool = createPool(server.config);
});
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

describe('the ledger of effects', () => {
  it('grants an effect to one claimant, again after a lost answer, and gives its result to all others', async () => {
    const ledger = new PostgresEffectLedger(pool, 60_000);
    const [a, b] = [wish('once', 'a'), wish('once', 'b')];
    expect(await ledger.claim(a)).toEqual({ state: 'granted', fence: 1, holdMs: 60_000 });
    expect(await ledger.claim(a)).toMatchObject({ state: 'granted', fence: 1 });
    expect(await ledger.claim(b)).toMatchObject({ state: 'held', by });
    await expect(ledger.end(done(b, 'forged', 'a'))).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await ledger.end(done(a, { release: 7, odd: '\u0000' }))).toBe('done');
    expect(await ledger.end(done(a, { release: 7 }))).toBe('done');
    expect(await ledger.claim(b)).toEqual({ state: 'done', result: { release: 7, odd: '\u0000' } });
    expect(await ledger.list({ runId: 'once' })).toMatchObject([
      { key: 'deploy', state: 'done', inDoubt: false, attempt: 1, by },
    ]);
  });

  it('is in doubt when nobody holds a claim that was not ended, and goes to one of those who find out', async () => {
    const ledger = new PostgresEffectLedger(pool, 0);
    await ledger.claim(wish('doubt', 'dead'));
    expect(await ledger.claim(wish('doubt', 'b', { attempt: 2 }))).toMatchObject({
      state: 'in-doubt',
      claimant: 'dead',
      attempt: 1,
    });
    expect(await ledger.list({ state: 'in-doubt' })).toMatchObject([{ runId: 'doubt', inDoubt: true }]);
    const holding = new PostgresEffectLedger(pool, 60_000);
    const both = await Promise.all(
      ['b', 'c'].map((claimant) => holding.claim(wish('doubt', claimant, { attempt: 2, instead: 'dead' }))),
    );
    expect(both.map(({ state }) => state).toSorted()).toEqual(['granted', 'held']);
    expect(both.find(({ state }) => state === 'granted')).toMatchObject({ fence: 2 });
  });

  it('does not let a superseded attempt, or one of an older owner, claim or end what a later one claimed', async () => {
    const ledger = new PostgresEffectLedger(pool, 0);
    const old = wish('late', 'old');
    await ledger.claim(old);
    await ledger.claim(wish('late', 'new', { attempt: 2, instead: 'old' }));
    await expect(ledger.claim(old)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(ledger.end(done(old, 1))).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(ledger.end({ ...old, outcome: { state: 'failed' } })).rejects.toMatchObject({ code: 'CONFLICT' });
    await ledger.claim(wish('late', 'adopter', { epoch: 2, instead: 'new' }));
    await expect(ledger.claim(wish('late', 'new', { attempt: 9 }))).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('begins in doubt where another cell may have granted it before', async () => {
    const ledger = new PostgresEffectLedger(pool, 60_000);
    const adopted = wish('adopted', 'a', { epoch: 2, doubtful: true });
    const first = await ledger.claim(adopted);
    expect(first).toMatchObject({ state: 'in-doubt' });
    const instead = first.state === 'in-doubt' ? first.claimant : '';
    expect(await ledger.claim({ ...adopted, instead })).toMatchObject({ state: 'granted' });
  });

  it('takes an operator’s word for what is in doubt, and for nothing else', async () => {
    const ledger = new PostgresEffectLedger(pool, 0);
    const failed = { state: 'failed' } as const;
    await ledger.claim(wish('said', 'dead'));
    await ledger.claim(wish('said', 'dead', { step: 't' }));
    await expect(ledger.resolve({ runId: 'said', key: 'deploy', outcome: failed, by: 'op' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const word = { runId: 'said', key: 'deploy', step: 's', by: 'op' };
    expect(await ledger.resolve({ ...word, outcome: failed })).toMatchObject({ state: 'failed', resolvedBy: 'op' });
    expect(await ledger.claim(wish('said', 'b'))).toMatchObject({ state: 'granted', fence: 2 });
    expect(await ledger.resolve({ ...word, outcome: { state: 'done', result: 4 } })).toMatchObject({ state: 'done', result: 4 });
    await expect(ledger.resolve({ ...word, outcome: failed })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(ledger.resolve({ ...word, key: 'none', outcome: failed })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await new PostgresEffectLedger(pool, 60_000).claim(wish('busy', 'alive'));
    await expect(ledger.resolve({ runId: 'busy', key: 'deploy', outcome: failed, by: 'op' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});

describe('an effect in PostgreSQL', () => {
  const ref = { runId: 'tx', step: 's', attempt: 1, epoch: 1 };

  async function pay(database: typeof pool, amount: number, commit = true): Promise<unknown> {
    const client = await database.connect();
    try {
      await client.query('BEGIN');
      const claim = await claimInTransaction(client, ref, 'pay');
      if (claim.state === 'done') return claim.result;
      await client.query('INSERT INTO payment VALUES ($1)', [amount]);
      await claim.keep({ amount });
      await client.query(commit ? 'COMMIT' : 'ROLLBACK');
      return { amount };
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }

  it('is done in the commit that notes it, in a foreign database as well: twice asked at once, once done', async () => {
    await pool.query('CREATE DATABASE foreign_one');
    const foreign = createPool({ ...server.config, name: 'foreign_one' });
    const ddl = readFileSync(new URL('../sql/effect-ledger.sql', import.meta.url), 'utf8');
    try {
      await foreign.query(ddl);
      await foreign.query(ddl);
      for (const database of [pool, foreign]) {
        await database.query('CREATE TABLE payment (amount int)');
        await pay(database, 5, false);
        const results = await Promise.all([pay(database, 7), pay(database, 7), pay(database, 7)]);
        expect(results).toEqual([{ amount: 7 }, { amount: 7 }, { amount: 7 }]);
        expect((await database.query('SELECT amount FROM payment')).rows).toEqual([{ amount: 7 }]);
      }
    } finally {
      await foreign.end();
    }
  });

  it('says the same table in the file for foreign databases as in the migration', async () => {
    const columns = `SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns
      WHERE table_schema = 'aet' AND table_name = 'effect' ORDER BY ordinal_position`;
    const own = (await pool.query(columns)).rows;
    const foreign = createPool({ ...server.config, name: 'foreign_one' });
    try {
      await vi.waitFor(async () => expect((await foreign.query(columns)).rows).toEqual(own));
    } finally {
      await foreign.end();
    }
  });

  it('waits for the other’s end, and does it when that was rolled back', async () => {
    const [first, second] = [await pool.connect(), await pool.connect()];
    try {
      for (const client of [first, second]) await client.query('BEGIN');
      const one = { ...ref, runId: 'tx2' };
      expect((await claimInTransaction(first, one, 'k')).state).toBe('granted');
      const waiting = claimInTransaction(second, one, 'k');
      await first.query('ROLLBACK');
      expect((await waiting).state).toBe('granted');
      await second.query('COMMIT');
    } finally {
      first.release();
      second.release();
    }
  });
});
