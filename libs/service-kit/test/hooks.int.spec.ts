import { ServiceName } from '@aet/contracts';
import { NatsTestServer } from '@aet/messaging/testing';
import { Module, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { expect, it } from 'vitest';
import { prepareCell, startService } from '../src/testing/index.js';

class Opened implements OnModuleInit, OnApplicationBootstrap {
  inits = 0;
  bootstraps = 0;
  onModuleInit(): void {
    this.inits += 1;
  }
  onApplicationBootstrap(): void {
    this.bootstraps += 1;
  }
}

@Module({ providers: [Opened] })
class HookedModule {}

// Found in chaos rounds with a restarted agent host: it had two consumers of its tasks, and drained one.
it('calls the hooks of a service once, so that what it opens is there once', async () => {
  await using nats = await NatsTestServer.start();
  await prepareCell(nats.url);
  const ports = () => ({ allocate: () => Promise.reject(new Error('no allocator')), release: () => Promise.resolve() });
  const service = await startService({ service: ServiceName.Km, module: HookedModule, ports }, { nats: nats.url });
  expect(service.app.get(Opened)).toMatchObject({ inits: 1, bootstraps: 1 });
  await service.stop();
});
