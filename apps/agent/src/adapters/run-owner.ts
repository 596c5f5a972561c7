import {
  type AttemptRef,
  type AttemptState,
  OrchestratorRpc,
  PayloadTooLarge,
  type TaskProgress,
  type TaskResult,
  attemptId,
} from '@aet/contracts';
import type { EventBus, Outbox, RpcClient, WorkQueue } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import type { AttemptInquiry, ProgressSink, ResultSink } from '../application/ports.js';

/** An inquiry saves work; it must not hold it up. */
const INQUIRY_MS = 1_000;
const PUBLISH_AGAIN = { initialMs: 100, maxMs: 2_000 };

/** The cell that owns a run, as a host talks to it. */
export class RunOwner implements AttemptInquiry, ResultSink, ProgressSink {
  constructor(
    private readonly rpc: RpcClient,
    private readonly queue: WorkQueue,
    private readonly bus: EventBus,
    private readonly outbox: Pick<Outbox, 'holds'>,
  ) {}

  async stateOf(ref: AttemptRef, cell: string): Promise<AttemptState['state'] | 'unknown'> {
    // Done here while NATS was away; its owner will have the result from the outbox.
    if (this.outbox.holds(attemptId(ref))) return 'finished';
    // At least once is the promise; a second execution is refused by its attempt number when its result arrives.
    return (await this.ask(ref, cell))?.state ?? 'unknown';
  }

  async savedOf(ref: AttemptRef, cell: string): Promise<unknown> {
    return (await this.ask(ref, cell))?.saved;
  }

  private async ask({ runId, step, item, attempt }: AttemptRef, cell: string): Promise<AttemptState | undefined> {
    const query = { runId, step, attempt, ...(item === undefined ? {} : { item }) };
    try {
      return await this.rpc.call(OrchestratorRpc.attempt, query, { cell, timeoutMs: INQUIRY_MS });
    } catch {
      return undefined;
    }
  }

  tell(progress: TaskProgress): void {
    this.bus.publishProgress(progress);
  }

  async report(result: TaskResult, ownerCell: string, signal: AbortSignal): Promise<void> {
    await retrying(() => this.queue.publishResult(result, ownerCell), {
      ...PUBLISH_AGAIN,
      retryable: (error) => !(error instanceof PayloadTooLarge),
      signal,
    });
  }
}
