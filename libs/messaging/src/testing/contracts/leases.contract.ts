import assert from 'node:assert/strict';
import type { Lease, LeaseChange, Leases } from '../../lease.js';
import { eventually } from '../eventually.js';
import type { ContractCase } from './contract-case.js';

export interface LeaseValue {
  owner: string;
  load: number;
}

/** A store whose entries end after `CONTRACT_TTL_MS`. */
export interface LeasesWorld {
  /** Leases over the store as another process sees them. */
  view(): Promise<Leases<LeaseValue>>;
  /** Takes the view's connection away for ever, without a good-bye: its process died. */
  sever(leases: Leases<LeaseValue>): Promise<void>;
}

/** Long enough for a renewal to be late on a busy machine. Milliseconds. */
export const CONTRACT_TTL_MS = 2_500;
const terms = { ttlMs: CONTRACT_TTL_MS, renewMs: 400 };

const as = (owner: string) => (): LeaseValue => ({ owner, load: 0 });
const views = (world: LeasesWorld) => Promise.all([world.view(), world.view()]);
const conflict = { code: 'CONFLICT' };
const lost = { code: 'LEASE_LOST' };
/** Asks until the other's claim has ended. */
const takeOver = (leases: Leases<LeaseValue>, key: string): Promise<Lease<LeaseValue>> =>
  eventually(() => leases.acquire(key, as('b'), terms).catch(() => undefined), `${key} can be taken`);
const keyOf = (change: LeaseChange<unknown>): string => (change.kind === 'put' ? change.entry.key : change.key);

/** What any `Leases` promises. */
export const leasesContract: readonly ContractCase<LeasesWorld>[] = [
  {
    name: 'gives a lease to one holder at a time',
    async obeysContract(world) {
      const [first, second] = await views(world);
      await using held = await first.acquire('port', as('a'), terms);
      await assert.rejects(second.acquire('port', as('b'), terms), conflict);
      assert.ok(held.token > 0);
    },
  },
  {
    name: 'gives a lease to exactly one of many who ask at once',
    async obeysContract(world) {
      const [first, second] = await views(world);
      const asked = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? first : second));
      const answers = await Promise.allSettled(asked.map((leases, index) => leases.acquire('port', as(`h${index}`), terms)));
      const won = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      assert.equal(won.length, 1);
      const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as { code: string }] : []));
      assert.deepEqual(new Set(reasons.map(({ code }) => code)), new Set(['CONFLICT']));
      await Promise.all(won.map((lease) => lease.release()));
    },
  },
  {
    name: 'keeps a lease far beyond its time to live by renewals, with a growing token',
    async obeysContract(world) {
      const [first, second] = await views(world);
      await using held = await first.acquire('port', as('a'), terms);
      const { token } = held;
      await eventually(() => held.token >= token + 10, 'ten renewals');
      assert.equal(held.lost.aborted, false);
      assert.deepEqual(
        (await second.list()).map(({ key, value }) => [key, value.owner]),
        [['port', 'a']],
      );
    },
  },
  {
    name: 'lets another have a lease at once after a clean release, with a greater token',
    async obeysContract(world) {
      const [first, second] = await views(world);
      const held = await first.acquire('port', as('a'), terms);
      const { token } = held;
      await held.release();
      assert.throws(() => held.token, lost);
      assert.equal(held.lost.aborted, false);
      await using next = await second.acquire('port', as('b'), terms);
      assert.ok(next.token > token);
      await held.release();
      assert.deepEqual(
        (await first.list()).map(({ value }) => value.owner),
        ['b'],
      );
    },
  },
  {
    name: 'lets another have the lease of a dead holder, and not before its time',
    async obeysContract(world) {
      const [first, second] = await views(world);
      await first.acquire('port', as('a'), terms);
      await world.sever(first);
      const severedAt = performance.now();
      await using _next = await takeOver(second, 'port');
      const took = performance.now() - severedAt;
      assert.ok(took > CONTRACT_TTL_MS - terms.renewMs - 200, `taken after ${took} ms`);
      assert.ok(took < CONTRACT_TTL_MS + 1_500, `taken after ${took} ms`);
    },
  },
  {
    name: 'tells a holder that cannot renew before another can have the lease',
    async obeysContract(world) {
      const [first, second] = await views(world);
      const held = await first.acquire('port', as('a'), terms);
      const order: string[] = [];
      held.lost.addEventListener('abort', () => order.push('lost'));
      await world.sever(first);
      await using _next = await takeOver(second, 'port');
      order.push('taken');
      assert.deepEqual(order, ['lost', 'taken']);
      assert.throws(() => held.token, lost);
      await assert.rejects(held.update({ owner: 'a', load: 1 }), lost);
      await held.release();
    },
  },
  {
    name: 'shows a new value at once, and keeps it over renewals',
    async obeysContract(world) {
      const [first, second] = await views(world);
      await using held = await first.acquire('port', as('a'), terms);
      await held.update({ owner: 'a', load: 7 });
      const { token } = held;
      assert.deepEqual(await second.list(), [{ key: 'port', value: { owner: 'a', load: 7 }, revision: token }]);
      await eventually(() => held.token > token + 1, 'two renewals');
      assert.deepEqual(
        (await second.list()).map(({ value }) => value.load),
        [7],
      );
    },
  },
  {
    name: 'shows what the holder says at each renewal',
    async obeysContract(world) {
      const [first, second] = await views(world);
      let load = 0;
      await using held = await first.acquire('port', () => ({ owner: 'a', load: (load += 1) }), terms);
      const loadSeen = async () => (await second.list())[0]?.value.load ?? 0;
      const before = await loadSeen();
      const { token } = held;
      await eventually(() => held.token > token, 'a renewal');
      assert.ok((await loadSeen()) > before);
    },
  },
  {
    name: 'refuses terms that leave no time to renew',
    async obeysContract(world) {
      const leases = await world.view();
      const tight = { ttlMs: CONTRACT_TTL_MS, renewMs: CONTRACT_TTL_MS - 900 };
      await assert.rejects(leases.acquire('port', as('a'), tight), { code: 'VALIDATION_FAILED' });
    },
  },
  {
    name: 'tells a watcher what is there, what comes and what is released',
    async obeysContract(world) {
      const [first, second] = await views(world);
      const one = await first.acquire('one', as('a'), terms);
      const changes: LeaseChange<LeaseValue>[] = [];
      await using _watching = await second.watch((change) => changes.push(change));
      const told = (key: string, kind: string) =>
        eventually(() => changes.find((change) => change.kind === kind && keyOf(change) === key), `${key} ${kind}`);
      await told('one', 'put');
      await using _two = await first.acquire('two', as('a'), terms);
      await told('two', 'put');
      await one.release();
      const releasedAt = performance.now();
      assert.deepEqual(await told('one', 'gone'), { kind: 'gone', key: 'one', expired: false });
      assert.ok(performance.now() - releasedAt < 250);
      assert.equal(changes.filter(({ kind }) => kind === 'gone').length, 1);
    },
  },
  {
    name: 'tells a watcher within the time to live and a second that a holder died, once',
    async obeysContract(world) {
      const [first, second] = await views(world);
      await first.acquire('port', as('a'), terms);
      const gone: LeaseChange<LeaseValue>[] = [];
      await using _watching = await second.watch((change) => change.kind === 'gone' && gone.push(change));
      await world.sever(first);
      const severedAt = performance.now();
      await eventually(() => gone.length > 0, 'it is gone');
      assert.ok(performance.now() - severedAt < CONTRACT_TTL_MS + 1_000);
      assert.deepEqual(gone, [{ kind: 'gone', key: 'port', expired: true }]);
    },
  },
  {
    name: 'tells a watcher nothing after its end',
    async obeysContract(world) {
      const [first, second] = await views(world);
      const changes: LeaseChange<LeaseValue>[] = [];
      const watching = await second.watch((change) => changes.push(change));
      await watching[Symbol.asyncDispose]();
      await using _held = await first.acquire('port', as('a'), terms);
      assert.equal((await second.list()).length, 1);
      assert.deepEqual(changes, []);
    },
  },
];
