// Decorators of the contracts and of Nest record types with it: it has to be there before any of them is loaded.
import 'reflect-metadata';
export { BackgroundLoop } from './background-loop.js';
export { DrainSequence } from './drain.js';
export { HealthBoard, WorkLoad } from './health-board.js';
export { InstanceCard } from './instance-card.js';
export { InstanceSelf } from './instance-self.js';
export type { PortPool, PortSource } from './port-source.js';
export * from './process-messages.js';
export { runService } from './run-service.js';
export type { ServiceDefinition } from './service-definition.js';
export { ServiceIdentity } from './service-identity.js';
export { AET_VERSION } from './version.js';
