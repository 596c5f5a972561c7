export * from './artifact-store.js';
export * from './cell-copies.js';
export * from './dead-letters.js';
export * from './event-bus.js';
export * from './lease.js';
export * from './outbox.js';
export * from './queue-control.js';
export * from './queue-inspector.js';
export * from './rpc-client.js';
export * from './stop-notices.js';
export * from './topology.js';
export * from './work-consumer.js';
export * from './work-queue.js';
export {
  NATS_SERVER_VARIABLE,
  NatsServerNotFound,
  findNatsServer,
  type FindNatsServerOptions,
} from './server/find-nats-server.js';
export { OLDEST_FOR_MANY_CELLS, OLDEST_FOR_ONE_CELL, PINNED_NATS_SERVER } from './server/nats-server-version.js';
export type { NatsServerBinary } from './server/way.js';
export { CellAdmission, type CellAdmissionOptions, type HeldBack, type QueueEntry } from './admission/cell-admission.js';
export { KvQueueControl } from './admission/kv-queue-control.js';
export * from './artifacts/object-artifact-store.js';
export * from './connection/connect-nats.js';
export type { LinkCounts } from './connection/link-counts.js';
export { type LinkStatus, NatsLink } from './connection/nats-link.js';
export * from './connection/read-seed.js';
export * from './events/jetstream-event-bus.js';
export { JetStreamCellCopies } from './events/jetstream-cell-copies.js';
export { NatsStopNotices } from './events/nats-stop-notices.js';
export * from './kv/key-value-store.js';
export * from './kv/nats-key-value-store.js';
export { PolicyRpcClient, type PolicyOptions } from './policies/policy-rpc-client.js';
export type { BreakerListener, TargetCounts, TargetStatus } from './policies/target.js';
export { DirectOutbox } from './outbox/direct-outbox.js';
export { FileOutbox, type FileOutboxOptions } from './outbox/file-outbox.js';
export * from './registry/nats-registry-channel.js';
export * from './registry/registry-channel.js';
export * from './lease/kv-leases.js';
export { type ErrorCount, messagingErrorsOf } from './messaging-errors.js';
export * from './rpc/attach-rpc-server.js';
export * from './rpc/nats-client-proxy.js';
export * from './rpc/nats-rpc-client.js';
export * from './rpc/nats-rpc-server.js';
export * from './rpc/rpc-call.js';
export * from './rpc/rpc-server-identity.js';
export * from './rpc/rpc-error-filter.js';
export { Rpc } from './rpc/rpc.decorator.js';
export type { Admission } from './jetstream/admission.js';
export { JetStreamDeadLetters } from './jetstream/jetstream-dead-letters.js';
export { JetStreamQueueInspector } from './jetstream/jetstream-queue-inspector.js';
export { JetStreamTopology } from './jetstream/jetstream-topology.js';
export { JetStreamWorkConsumers, type WorkConsumersOptions } from './jetstream/jetstream-work-consumers.js';
export { JetStreamWorkQueue, type WorkIdentity } from './jetstream/jetstream-work-queue.js';
export * from './credentials/ensure-credentials.js';
export * from './credentials/nats-user.js';
export * from './credentials/permissions.js';
export * from './credentials/server-config.js';
