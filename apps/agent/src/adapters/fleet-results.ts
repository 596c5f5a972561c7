import { CacheRpc, type CachedCandidate, type CachedFrom, type TaskMessage } from '@aet/contracts';
import type { KeptResult, KeptResults } from '@aet/executors';
import type { RpcClient } from '@aet/messaging';

/** A cache saves work; it must not hold it up. Milliseconds. */
const CALL_MS = 3_000;

/** Kept results in the cell that owns the run. */
export class FleetResults implements KeptResults {
  constructor(private readonly rpc: RpcClient) {}

  async find(cell: string, key: string, ttlMs: number | undefined): Promise<readonly CachedCandidate[]> {
    const request = { key, ...(ttlMs === undefined ? {} : { ttlMs }) };
    return (await this.rpc.call(CacheRpc.find, request, { cell, timeoutMs: CALL_MS })).candidates;
  }

  async take(cell: string, key: string, filesHash: string): Promise<{ output: unknown; from: CachedFrom } | undefined> {
    return (await this.rpc.call(CacheRpc.take, { key, filesHash }, { cell, timeoutMs: CALL_MS })).hit;
  }

  async keep(task: TaskMessage, agent: string, result: KeptResult): Promise<void> {
    const { runId, step, item, attempt, capability, workflow, cell } = task;
    const about = { runId, step, ...(item === undefined ? {} : { item }), attempt, capability, workflow, agent };
    await this.rpc.call(CacheRpc.keep, { ...about, ...result }, { cell, timeoutMs: CALL_MS });
  }
}
