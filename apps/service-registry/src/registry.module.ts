import { ConfigSource } from '@aet/config';
import { Bucket, type InstanceRecord } from '@aet/contracts';
import { KeyValueStores, Leases, RegistryChannel } from '@aet/messaging';
import { DrainSequence, HealthBoard, ServiceIdentity } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import { Module, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BindProbe } from './adapters/bind-probe.js';
import { InstanceDirectory } from './application/directory.js';
import { KvPortAllocator } from './application/kv-port-allocator.js';
import type { PortHolding } from './application/port-table.js';
import { RegistryLoop } from './application/registry-loop.js';
import { RegistryController } from './transport/registry.controller.js';
import { ServiceDiscoveryController } from './transport/service-discovery.controller.js';

@Module({
  controllers: [RegistryController, ServiceDiscoveryController],
  providers: [
    {
      provide: InstanceDirectory,
      inject: [ServiceIdentity],
      useFactory: (identity: ServiceIdentity) => new InstanceDirectory(identity.cell),
    },
    {
      provide: KvPortAllocator,
      inject: [KeyValueStores, ConfigSource],
      useFactory: (stores: KeyValueStores, source: ConfigSource) =>
        new KvPortAllocator(stores.open<PortHolding>(Bucket.Ports), source.config.ports, new BindProbe()),
    },
    {
      provide: RegistryLoop,
      inject: [InstanceDirectory, KvPortAllocator, Leases, RegistryChannel, HealthBoard, Log],
      useFactory: (
        directory: InstanceDirectory,
        allocator: KvPortAllocator,
        leases: Leases<InstanceRecord>,
        channel: RegistryChannel,
        board: HealthBoard,
        log: Log,
      ) => new RegistryLoop({ directory, allocator, leases, channel, board, log: log.for('registry') }),
    },
  ],
})
export class RegistryModule implements OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly loop: RegistryLoop,
    private readonly drain: DrainSequence,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
    this.drain.on('finish', () => this.loop.stop());
  }

  /** A start that failed half-way has no drain. */
  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }
}
