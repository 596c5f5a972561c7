import { type InstanceRecord, RegistryRpc, ServiceName } from '@aet/contracts';
import { KvLeases, RpcClient, connectNats } from '@aet/messaging';
import { eventually, NatsTestServer } from '@aet/messaging/testing';
import { prepareCell, startService, type TestService } from '@aet/service-kit/testing';
import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstanceDirectory } from '../src/application/directory.js';
import { registryDefinition } from '../src/registry.definition.js';

@Module({})
class EmptyModule {}
const km = { service: ServiceName.Km, module: EmptyModule, pool: 'km' as const };

describe('a registry', () => {
  let nats: NatsTestServer;
  let registry: TestService;
  beforeAll(async () => {
    nats = await NatsTestServer.start();
    await prepareCell(nats.url);
    registry = await startService(registryDefinition, { nats: nats.url });
  });
  afterAll(async () => {
    await registry.stop();
    await nats[Symbol.asyncDispose]();
  });
  const listed = async (instance: string): Promise<InstanceRecord | undefined> => {
    const { cells } = await registry.app.get(RpcClient).call(RegistryRpc.instances, {});
    return cells.flatMap(({ instances }) => instances).find((record) => record.instance === instance);
  };

  it('gives ports and lists instances over RPC, and serves http_sd', async () => {
    await using other = await startService(km, { nats: nats.url });
    const { instance } = other.identity;
    await eventually(() => listed(instance), 'the instance is listed');
    const port = Number(new URL(other.url).port);
    expect(port).toBeGreaterThanOrEqual(5001);
    expect(port).toBeLessThanOrEqual(5100);

    const { ports, pools } = await registry.app.get(RpcClient).call(RegistryRpc.ports, { host: 'local' });
    expect(ports).toContainEqual(expect.objectContaining({ instance, port, purpose: 'http', host: 'local' }));
    expect(pools).toContainEqual({ host: 'local', pool: 'km', from: 5001, to: 5100, used: 1 });

    const response = await fetch(`${registry.url}/sd`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^application\/json(; charset=utf-8)?$/);
    const labels = expect.objectContaining({ service: 'km', cell: 'local', host: 'local', instance }) as object;
    expect(await response.json()).toContainEqual({ targets: [`127.0.0.1:${port}`], labels });
    expect(await (await fetch(`${registry.url}/sd?cell=elsewhere`)).json()).toEqual([]);
  });

  it('sees a clean exit at once', async () => {
    const other = await startService(km, { nats: nats.url });
    await eventually(() => listed(other.identity.instance), 'the instance is listed');
    await other.stop();
    const before = performance.now();
    await eventually(async () => (await listed(other.identity.instance)) === undefined, 'the instance is gone', 2000);
    const elapsedMs = performance.now() - before;
    console.info(`clean exit seen ${elapsedMs.toFixed(0)} ms after the stop`);
    expect(elapsedMs).toBeLessThan(2000);
  });

  it('sees within a few seconds that an instance crashed', async () => {
    const link = await connectNats({ servers: [nats.url], user: 'agent', name: 'crashing' });
    const record = { service: 'agent', instance: 'agent-crashing', cell: 'local', capabilities: [], labels: {}, ports: {} };
    const leases = new KvLeases<InstanceRecord>(link, 'LEASES_local');
    await leases.acquire('agent.agent-crashing', () => record as unknown as InstanceRecord, { ttlMs: 3000, renewMs: 1000 });
    await eventually(() => listed('agent-crashing'), 'the instance is listed');
    // The connection ends without a word, as with SIGKILL: nobody renews and nobody releases.
    await link.close();
    const before = performance.now();
    await eventually(async () => (await listed('agent-crashing')) === undefined, 'the crash is seen', 6000);
    const elapsedMs = performance.now() - before;
    console.info(`crash seen after ${elapsedMs.toFixed(0)} ms`);
    expect(elapsedMs).toBeLessThan(6000);
  });

  it('goes on with what it knows while NATS is away', async () => {
    await using other = await startService(km, { nats: nats.url });
    await eventually(() => listed(other.identity.instance), 'the instance is listed');
    await nats.kill();
    const targets = await (await fetch(`${registry.url}/sd`)).text();
    await nats.restart();
    expect(targets).toContain(other.identity.instance);
    await eventually(() => listed(other.identity.instance).catch(() => undefined), 'the instance is listed again', 15_000);
  });
});

it('tells other cells of its own and hears of theirs over a leaf link, and says when they are out of reach', async () => {
  const leafPort = await freePort();
  const inDomain = (domain: string, leaf: string) => ({
    config: ({ dir, port }: { dir: string; port: number }) =>
      `listen: "127.0.0.1:${port}"\njetstream: { store_dir: ${JSON.stringify(`${dir}/js`)}, domain: ${domain} }\nleafnodes: { ${leaf} }`,
  });
  await using first = await NatsTestServer.start(inDomain('mainpc', `listen: "127.0.0.1:${leafPort}"`));
  await using second = await NatsTestServer.start(inDomain('pc2', `remotes: [{ url: "nats-leaf://127.0.0.1:${leafPort}" }]`));
  const cell = async (nats: NatsTestServer, name: string): Promise<TestService> => {
    const config = { cell: { name, peers: [] }, host: { name } };
    await prepareCell(nats.url, { config });
    return startService(registryDefinition, { nats: nats.url, config });
  };
  await using mainpc = await cell(first, 'mainpc');
  await using pc2 = await cell(second, 'pc2');
  const seenBy = (registry: TestService) =>
    registry.app
      .get(InstanceDirectory)
      .cells()
      .map(({ cell: name, state, instances }) => [name, state, instances.length] as const);
  await eventually(
    () =>
      JSON.stringify(seenBy(mainpc)) ===
      JSON.stringify([
        ['mainpc', 'local', 1],
        ['pc2', 'reachable', 1],
      ]),
    'mainpc sees pc2',
  );
  await eventually(
    () =>
      JSON.stringify(seenBy(pc2)) ===
      JSON.stringify([
        ['pc2', 'local', 1],
        ['mainpc', 'reachable', 1],
      ]),
    'pc2 sees mainpc',
  );
  expect(await (await fetch(`${mainpc.url}/sd`)).text()).toContain(pc2.identity.instance);

  second.pause();
  const before = performance.now();
  await eventually(() => seenBy(mainpc)[1]?.[1] === 'unreachable', 'mainpc sees that pc2 is out of reach', 8000);
  console.info(`cell unreachable after ${(performance.now() - before).toFixed(0)} ms`);
  second.resume();
  await eventually(() => seenBy(mainpc)[1]?.[1] === 'reachable', 'pc2 is back', 20_000);
});

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
