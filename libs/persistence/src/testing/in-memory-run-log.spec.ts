import { InMemoryRunLog } from './in-memory-run-log.js';
import { runLogContract } from './run-log-contract.js';

runLogContract('InMemoryRunLog', async () => {
  const log = new InMemoryRunLog();
  return { log, other: log };
});
