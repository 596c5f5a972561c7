import {
  AetError,
  type BatchAdded,
  type BatchHeard,
  type BatchRequestPage,
  BatchRpc,
  type BatchWork,
  ErrorCode,
  type SettledRequest,
  type TaskMessage,
  type TellBatch,
} from '@aet/contracts';
import type { BatchClerk } from '@aet/executors';
import type { RpcClient } from '@aet/messaging';
import { retrying } from '@aet/resilience';

const CALL_MS = 10_000;
const AGAIN = { initialMs: 200, maxMs: 2_000 };
/** What may be said twice is said again so often. */
const TRIES = 10;
/** A larger request does not fit into a message to the orchestrator. Bytes. */
const LARGEST_REQUEST = 700_000;

/** The batch book in the cell that owns the run; of batches, in this host's own cell. */
export class FleetBatches implements BatchClerk {
  constructor(
    private readonly rpc: RpcClient,
    private readonly holder: string,
  ) {}

  async defer(task: TaskMessage, agent: string, provider: string, request: object): Promise<BatchAdded> {
    const { runId, step, item, attempt, epoch, deadline = '', cell } = task;
    if (Buffer.byteLength(JSON.stringify(request)) > LARGEST_REQUEST)
      return { state: 'single', message: 'the request is too large for a batch' };
    const ref = { runId, step, ...(item === undefined ? {} : { item }), attempt, epoch };
    return patiently(() =>
      this.rpc.call(BatchRpc.add, { ...ref, provider, agent, deadline, request }, { cell, timeoutMs: CALL_MS }),
    );
  }

  async lease(provider: string): Promise<BatchWork | undefined> {
    return (await this.rpc.call(BatchRpc.lease, { provider, holder: this.holder }, { timeoutMs: CALL_MS })).work;
  }

  requests({ batch, lease }: BatchWork, after: string | undefined, bare: boolean): Promise<BatchRequestPage> {
    const query = { batch, lease, bare, ...(after === undefined ? {} : { after }) };
    return patiently(() => this.rpc.call(BatchRpc.requests, query, { timeoutMs: CALL_MS }));
  }

  tell({ batch, lease }: BatchWork, news: Omit<TellBatch, 'batch' | 'lease'>): Promise<BatchHeard> {
    return patiently(() => this.rpc.call(BatchRpc.tell, { batch, lease, ...news }, { timeoutMs: CALL_MS }));
  }

  settle({ batch, lease }: BatchWork, requests: SettledRequest[]): Promise<BatchHeard> {
    return patiently(() => this.rpc.call(BatchRpc.settle, { batch, lease, requests }, { timeoutMs: CALL_MS }));
  }
}

const patiently = <T>(call: () => Promise<T>): Promise<T> => {
  let tries = 0;
  return retrying(call, {
    ...AGAIN,
    retryable: (error) =>
      ++tries < TRIES && error instanceof AetError && (error.retryable || error.code === ErrorCode.DeadlinePassed),
  });
};
