import { Bucket } from '@aet/contracts';
import { connectNats, type NatsLink, NatsKeyValueStores } from '@aet/messaging';
import { eventually, NatsTestServer } from '@aet/messaging/testing';
import { prepareCell } from '@aet/service-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BindProbe } from '../src/adapters/bind-probe.js';
import { KvPortAllocator } from '../src/application/kv-port-allocator.js';
import type { PortHolding } from '../src/application/port-table.js';
import { contractPool, portAllocatorContract, type PortsWorld } from './port-allocator.contract.js';

const pools = { service: { from: 20_000, to: 31_999 }, km: { from: 20_000, to: 20_999 } };
let nats: NatsTestServer;
const links: NatsLink[] = [];
beforeAll(async () => {
  nats = await NatsTestServer.start();
  await prepareCell(nats.url);
});
afterAll(async () => {
  await Promise.all(links.map((link) => link.close()));
  await nats[Symbol.asyncDispose]();
});

const portsOf = (link: NatsLink) =>
  new NatsKeyValueStores(link, { namespace: 'default', cell: 'local' }).open<PortHolding>(Bucket.Ports);

/** A registry's allocator with a connection of its own. The hosts here are not this machine: nothing is bound. */
async function allocator(): Promise<KvPortAllocator> {
  const link = await connectNats({ servers: [nats.url], user: 'service-registry', name: 'test' });
  links.push(link);
  return new KvPortAllocator(portsOf(link), pools, { isFree: () => Promise.resolve(true) });
}
const request = (instance: string, host: string, purpose = 'http') => ({ instance, host, purpose, pool: 'service' as const });

it('gives 200 claimants 50 ports each over four registries, and none twice', async () => {
  const registries = await Promise.all([allocator(), allocator(), allocator(), allocator()]);
  const follows = await Promise.all(registries.map((registry) => registry.follow()));
  const before = performance.now();
  const grants = await Promise.all(
    Array.from({ length: 200 }, async (_, claimant) => {
      const mine: { port: number; token: number }[] = [];
      for (let n = 0; n < 50; n++) {
        const registry = registries[(claimant + n) % registries.length] ?? registries[0];
        mine.push(await registry.allocate(request(`claimant-${claimant}`, 'farm', `p${n}`)));
      }
      return mine;
    }),
  );
  console.info(`10,000 ports in ${((performance.now() - before) / 1000).toFixed(1)} s`);
  await Promise.all(follows.map((follow) => follow[Symbol.asyncDispose]()));
  const all = grants.flat();
  expect(all).toHaveLength(10_000);
  expect(new Set(all.map(({ port }) => port)).size).toBe(10_000);
  expect(new Set(all.map(({ token }) => token)).size).toBe(10_000);
  expect(all.every(({ port }) => port >= 21_000 && port <= 31_999)).toBe(true);
  const [first] = await (await allocator()).poolUse('farm');
  expect(first).toMatchObject({ host: 'farm', pool: 'service', used: 10_000, size: 11_000 });
});

it('sees what another registry took back', async () => {
  const registry = await allocator();
  await registry.allocate(request('alive', 'h3'));
  const dead = await registry.allocate(request('dead', 'h3'));
  const follower = await allocator();
  await using watching = await follower.follow();
  void watching;
  expect(await follower.list('h3')).toHaveLength(2);
  await registry.release({ instance: 'dead', host: 'h3', port: dead.port });
  await eventually(async () => (await follower.list('h3')).length === 1, 'another registry sees it');
});

class KvWorld implements PortsWorld, AsyncDisposable {
  private readonly links: NatsLink[] = [];

  private constructor(private readonly nats: NatsTestServer) {}

  static async start(): Promise<KvWorld> {
    const nats = await NatsTestServer.start();
    await prepareCell(nats.url);
    return new KvWorld(nats);
  }

  async make(): Promise<KvPortAllocator> {
    const link = await connectNats({ servers: [this.nats.url], user: 'service-registry', name: 'test' });
    this.links.push(link);
    return new KvPortAllocator(portsOf(link), { service: contractPool, km: { from: 1, to: 0 } }, new BindProbe());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
    await this.nats[Symbol.asyncDispose]();
  }
}

describe('KvPortAllocator', () => {
  it.each(portAllocatorContract)('$name', async ({ obeysContract }) => {
    await using world = await KvWorld.start();
    await obeysContract(world);
  });
});
