import { PortsExhausted } from '@aet/contracts';
import type { ContractCase } from '@aet/messaging/testing';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { PortAllocator } from '../src/domain/port-allocator.js';

/** A cell without a granted port, whose pool `service` is `contractPool`. */
export interface PortsWorld {
  /** The allocator of one more registry of the cell. */
  make(): Promise<PortAllocator>;
}

/** Below the range from which systems choose the ports of outgoing connections. */
export const contractPool = { from: 18_400, to: 18_403 };
const poolPorts = [18_400, 18_401, 18_402, 18_403];
const HOST = 'h1';
const ask = (instance: string, purpose = 'http') => ({ instance, host: HOST, purpose, pool: 'service' as const });
const portsOf = (grants: readonly { port: number }[]) => grants.map(({ port }) => port).toSorted((a, b) => a - b);

/** What any `PortAllocator` promises. The cases bind ports of this machine: one at a time. */
export const portAllocatorContract: readonly ContractCase<PortsWorld>[] = [
  {
    name: 'gives no port of a host twice, and every token once',
    async obeysContract(world) {
      const registries = await Promise.all([world.make(), world.make()]);
      const grants = [];
      for (const [index, instance] of ['a', 'b', 'c', 'd'].entries()) {
        const registry = registries[index % 2] ?? assert.fail();
        grants.push(await registry.allocate(ask(instance)));
      }
      assert.deepEqual(portsOf(grants), poolPorts);
      assert.equal(new Set(grants.map(({ token }) => token)).size, grants.length);
    },
  },
  {
    name: 'gives a port to one of many who want it at once, over several registries',
    async obeysContract(world) {
      const registries = await Promise.all([world.make(), world.make(), world.make()]);
      const grants = await Promise.all(
        registries.map((registry, index) => registry.allocate({ ...ask(`claimant-${index}`), preferred: contractPool.from })),
      );
      assert.equal(new Set(portsOf(grants)).size, registries.length);
    },
  },
  {
    name: 'gives the same port to the same asker, through any registry, and another one for another purpose',
    async obeysContract(world) {
      const [one, two] = await Promise.all([world.make(), world.make()]);
      const first = await one.allocate(ask('km-a'));
      assert.deepEqual(await two.allocate(ask('km-a')), first);
      assert.deepEqual(await one.allocate(ask('km-a')), first);
      const other = await two.allocate(ask('km-a', 'metrics'));
      assert.notEqual(other.port, first.port);
      assert.ok(other.token > first.token);
      assert.equal((await (await world.make()).list(HOST)).length, 2);
    },
  },
  {
    name: 'gives the same port to the same asker that asks several registries at once',
    async obeysContract(world) {
      const [one, two] = await Promise.all([world.make(), world.make()]);
      const grants = await Promise.all([one, two, one].map((registry) => registry.allocate(ask('km-a'))));
      assert.equal(new Set(portsOf(grants)).size, 1, `got ${portsOf(grants).join(', ')}`);
      assert.equal((await (await world.make()).list(HOST)).length, 1);
    },
  },
  {
    name: 'skips what a foreign program has, on loopback or on all addresses, also when it is preferred',
    async obeysContract(world) {
      const registry = await world.make();
      await using _loopback = await listening('127.0.0.1', 18_400);
      await using _everywhere = await listening('0.0.0.0', 18_401);
      assert.equal((await registry.allocate({ ...ask('a'), preferred: 18_400 })).port, 18_402);
      assert.equal((await registry.allocate({ ...ask('b'), preferred: 18_401 })).port, 18_403);
    },
  },
  {
    name: 'says which pool of which host is exhausted, and gives what its holder released',
    async obeysContract(world) {
      const registry = await world.make();
      const [first] = await Promise.all(
        [ask('a', 'p0'), ask('a', 'p1'), ask('a', 'p2'), ask('a', 'p3')].map((r) => registry.allocate(r)),
      );
      const port = first?.port ?? assert.fail();
      await assert.rejects(registry.allocate(ask('late')), (error: unknown) => {
        assert.ok(error instanceof PortsExhausted);
        assert.match(error.message, /"service" \(18400-18403\).* h1/);
        assert.deepEqual(error.details, { pool: 'service', host: HOST });
        return true;
      });
      assert.equal(await registry.release({ instance: 'late', host: HOST, port }), false);
      assert.equal(await registry.release({ instance: 'a', host: HOST, port }), true);
      assert.equal(await registry.release({ instance: 'a', host: HOST, port }), false);
      assert.equal((await registry.allocate(ask('late'))).port, port);
    },
  },
  {
    name: 'takes back what dead instances held, but not what was granted since',
    async obeysContract(world) {
      const registry = await world.make();
      const living = await registry.allocate(ask('alive'));
      const dead = await registry.allocate(ask('dead'));
      const record = (await registry.list(HOST)).find(({ instance }) => instance === 'dead') ?? assert.fail();
      const granted = Date.parse(record.at);
      const alive = new Set(['alive']);
      assert.deepEqual(await registry.reclaim(alive, granted), []);
      assert.deepEqual(await registry.reclaim(alive, granted + 1), [record]);
      assert.deepEqual(portsOf(await (await world.make()).list()), [living.port]);
      assert.equal((await registry.allocate({ ...ask('heir'), preferred: dead.port })).port, dead.port);
    },
  },
];

async function listening(host: string, port: number): Promise<Server> {
  const server = createServer().listen({ host, port });
  await once(server, 'listening');
  return server;
}
