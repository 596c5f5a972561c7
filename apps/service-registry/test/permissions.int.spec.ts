import { RegistryRpc, ServiceName } from '@aet/contracts';
import { ensureCredentials, renderServerConfig, RpcClient } from '@aet/messaging';
import { eventually, NatsTestServer } from '@aet/messaging/testing';
import { prepareCell, startService } from '@aet/service-kit/testing';
import { LogLines } from '@aet/telemetry/testing';
import { Module } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { registryDefinition } from '../src/registry.definition.js';

@Module({})
class EmptyModule {}

it('does all of its work with the permissions of its own user', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'aet-credentials-'));
  try {
    const keys = await ensureCredentials(dir);
    await using nats = await NatsTestServer.start({
      config: (own) =>
        renderServerConfig({
          namespace: 'default',
          cell: 'local',
          listen: { host: '127.0.0.1', port: own.port },
          keys,
          storeDir: join(own.dir, 'js'),
          configDir: own.dir,
        }),
    });
    const config = { nats: { servers: [nats.url], credentialsDir: dir }, log: { level: 'debug' as const } };
    await prepareCell(nats.url, { config });
    const log = new LogLines();
    await using registry = await startService(registryDefinition, { nats: nats.url, config, log });
    await using km = await startService(
      { service: ServiceName.Km, module: EmptyModule, pool: 'km' },
      { nats: nats.url, config, log },
    );
    const rpc = km.app.get(RpcClient);
    const { instance, host } = km.identity;
    await eventually(async () => (await rpc.call(RegistryRpc.instances, {})).cells[0]?.instances.length === 2, 'both are listed');
    const { port } = await rpc.call(RegistryRpc.allocatePort, { instance, host, purpose: 'extra' });
    expect(await rpc.call(RegistryRpc.releasePort, { instance, host, port })).toEqual({ released: true });
    const held = (await rpc.call(RegistryRpc.ports, {})).ports.map(({ purpose }) => purpose);
    expect(held).toEqual(['http', 'http']);
    registry.log.error('an error for the bus', { code: 'INTERNAL' });
    await registry.shell.flush(2000);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    // Reports to the hubs that were refused are told at debug only.
    expect(log.saying('was not sent')).toEqual([]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
