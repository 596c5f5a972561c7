// Before the DTOs: their decorators record types at load time, in whatever program that is.
import 'reflect-metadata';
export * from './assert-never.js';
export * from './cloud-event.js';
export * from './duration.js';
export * from './errors.js';
export * from './finding.js';
export * from './headers.js';
export * from './instance.js';
export * from './instant.js';
export * from './nats-api.js';
export * from './payload.js';
export * from './placement.js';
export * from './priority.js';
export * from './queue.js';
export * from './rest.js';
export * from './rpc/agent.js';
export * from './rpc/approvals.js';
export * from './rpc/batches.js';
export * from './rpc/cells.js';
export * from './rpc/effects.js';
export * from './rpc/every-method.js';
export * from './rpc/host-methods.js';
export * from './rpc/hub.js';
export * from './rpc/km.js';
export * from './rpc/method.js';
export * from './rpc/orchestrator.js';
export * from './rpc/queue.js';
export * from './rpc/record.js';
export * from './rpc/registry.js';
export * from './rpc/result-cache.js';
export * from './rpc/run-operations.js';
export * from './rpc/by-operator.js';
export * from './rpc/schedules.js';
export * from './run-events.js';
export { quickInstance } from './schema/compiled-class.js';
export { isShallowJson, MAX_JSON_DEPTH } from './schema/json-depth.js';
export {
  type ClassSchema,
  type JsonSchema,
  type JsonSchemaOptions,
  jsonSchemaOf,
  nestedSchemasOf,
} from './schema/json-schema.js';
export * from './service-name.js';
export * from './services-protocol.js';
export * from './stop-notice.js';
export * from './streams.js';
export * from './subjects.js';
export * from './task.js';
export * from './token.js';
export * from './workflow.js';
export * from './workflow.schema.js';
