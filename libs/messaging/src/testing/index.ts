export { BreakableLink } from './breakable-link.js';
export * from './contracts/contract-case.js';
export * from './contracts/leases.contract.js';
export * from './contracts/rpc-client.contract.js';
export * from './contracts/topology.contract.js';
export * from './contracts/work-queue.contract.js';
export * from './eventually.js';
export * from './leak-check.js';
export * from './nats-test-server.js';
