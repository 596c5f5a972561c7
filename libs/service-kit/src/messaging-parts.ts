import type { AetConfig } from '@aet/config';
import { Bucket, bucketName, type InstanceRecord } from '@aet/contracts';
import {
  ArchiveStore,
  ArtifactStore,
  DeadLetters,
  EventBus,
  FactCopy,
  JetStreamDeadLetters,
  JetStreamEventBus,
  JetStreamFactCopy,
  JetStreamQueueInspector,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  KeyValueStores,
  KvLeases,
  KvQueueControl,
  Leases,
  NatsKeyValueStores,
  NatsLink,
  NatsRegistryChannel,
  NatsStopNotices,
  ObjectArchiveStore,
  ObjectArtifactStore,
  ObjectPayloadStore,
  Outbox,
  PayloadStore,
  QueueControl,
  QueueInspector,
  PolicyRpcClient,
  RegistryChannel,
  RpcClient,
  StopNotices,
  WorkConsumers,
  WorkQueue,
} from '@aet/messaging';
import type { FactoryProvider, Provider, Type } from '@nestjs/common';
import type { ServiceIdentity } from './service-identity.js';

/** The messaging of a service, each part under the class that its users know. A part opens streams and buckets when it is first used. */
export function messagingProviders(
  link: NatsLink,
  identity: ServiceIdentity,
  config: AetConfig,
  calls: PolicyRpcClient,
  outbox: Outbox,
): Provider[] {
  const { namespace, cell, host, instance } = identity;
  const { ackWaitMs, workingMs } = config.work;
  const workIdentity = { namespace, cell, host, instance };
  return [
    { provide: NatsLink, useValue: link },
    { provide: RpcClient, useValue: calls },
    { provide: PolicyRpcClient, useValue: calls },
    { provide: Outbox, useValue: outbox },
    part(EventBus, () => new JetStreamEventBus(link, { namespace, cell }, outbox)),
    part(WorkQueue, () => new JetStreamWorkQueue(link, workIdentity, outbox)),
    part(WorkConsumers, () => new JetStreamWorkConsumers(link, { ...workIdentity, ackWaitMs, workingMs })),
    part(Leases, () => new KvLeases<InstanceRecord>(link, bucketName(Bucket.Leases, namespace, cell))),
    part(ArtifactStore, () => new ObjectArtifactStore(link, { namespace, cell })),
    part(ArchiveStore, () => new ObjectArchiveStore(link, { namespace, cell })),
    part(FactCopy, () => new JetStreamFactCopy(link, { namespace, cell })),
    part(PayloadStore, () => new ObjectPayloadStore(link, { namespace, cell })),
    part(RegistryChannel, () => new NatsRegistryChannel(link, namespace)),
    part(StopNotices, () => new NatsStopNotices(link, namespace)),
    part(KeyValueStores, () => new NatsKeyValueStores(link, { namespace, cell })),
    part(QueueControl, () => new KvQueueControl(new NatsKeyValueStores(link, { namespace, cell }).open(Bucket.Queue))),
    part(QueueInspector, () => new JetStreamQueueInspector(link, namespace)),
    part(DeadLetters, () => new JetStreamDeadLetters(link, namespace)),
  ];
}

type AbstractType<T> = abstract new () => T;
const part = <T>(provide: AbstractType<T>, useFactory: () => T): FactoryProvider<T> => ({
  provide: provide as Type<T>,
  useFactory,
});
