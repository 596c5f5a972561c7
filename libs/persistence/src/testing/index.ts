export { InMemoryArchiveStore } from './in-memory-archive-store.js';
export { runIdAt } from './run-id-at.js';
export { InMemoryDispatchTable, InMemoryFactCursor, InMemoryRunList } from './in-memory-projections.js';
export { InMemoryRunLog } from './in-memory-run-log.js';
export { PostgresTestServer } from './postgres-test-server.js';
export * as runEvents from './run-events.js';
export { runLogContract } from './run-log-contract.js';
export { InMemoryEventStream, InMemoryTaskStream } from './in-memory-streams.js';
export { InMemoryEffectLedger } from './in-memory-effect-ledger.js';
