import type { Aggregate, CloudEvent, ErrorReport, HealthReport, TaskProgress } from '@aet/contracts';

export interface Subscription extends AsyncDisposable {
  /** Resolves when nothing more will be delivered. */
  close(): Promise<void>;
}

export interface ReplayOptions {
  /** Run whose events are wanted; absent: all. */
  runId?: string;
  /** Begin with what the stream holds, or only with what comes. Default `all`. */
  from?: 'all' | 'new' | { since: Date };
}

/**
 * Facts, health and errors for whoever listens. Stored ones (`publishFact`, `publishError`, `publishHealth`) resolve when the stream has them,
 * facts and errors also when the process' outbox has them; progress is told once and kept nowhere. Listeners see stored facts at least once and in order per subject.
 */
export abstract class EventBus {
  /**
   * One fact, or several of one aggregate in their order, which then go as one message (CloudEvents' batch format) and reach listeners one by one.
   * @param messageId the same id twice inside the server's window is stored once.
   */
  abstract publishFact(
    aggregate: Aggregate,
    id: string,
    told: CloudEvent | readonly CloudEvent[],
    messageId: string,
  ): Promise<void>;
  abstract publishError(report: ErrorReport): Promise<void>;
  abstract publishHealth(report: HealthReport): Promise<void>;
  abstract publishProgress(progress: TaskProgress): void;

  /** Facts of every cell in reach: this cell's stream, then live. */
  abstract onFact(handler: (event: CloudEvent) => void, options?: ReplayOptions): Promise<Subscription>;
  /** The stored facts of one run or since a time, then the end. */
  abstract readFacts(options: ReplayOptions): AsyncIterable<CloudEvent>;
  abstract onProgress(runId: string | undefined, handler: (progress: TaskProgress) => void): Subscription;
  abstract onHealth(handler: (report: HealthReport) => void, options?: { replayMs?: number }): Promise<Subscription>;
  abstract onError(handler: (report: ErrorReport) => void, options?: { replayMs?: number }): Promise<Subscription>;
}
