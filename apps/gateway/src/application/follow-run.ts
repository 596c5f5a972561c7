import {
  type ErrorBody,
  ErrorCode,
  NotFound,
  OrchestratorRpc,
  type RunStatus,
  type StoredRunEvent,
  type TaskProgress,
  toErrorBody,
} from '@aet/contracts';
import type { EventBus, RpcClient, Subscription } from '@aet/messaging';
import { Newest } from '../domain/newest.js';
import { overlap, type RunTail, tailFrom, take } from '../domain/run-tail.js';
import { Wake } from './wake.js';

/** What a follower of a run is told. */
export type RunNews =
  | { kind: 'event'; event: StoredRunEvent }
  | { kind: 'progress'; progress: TaskProgress }
  /** Lines of progress that went while the reader was busy. */
  | { kind: 'skipped'; count: number }
  /** The log cannot be read at the moment; it is tried again without the reader's doing. */
  | { kind: 'trouble'; error: ErrorBody }
  /** Nothing happened for `idleMs`. */
  | { kind: 'quiet' }
  | { kind: 'end'; status: RunStatus };

export interface FollowOptions {
  /** Hand on only events after this sequence. */
  after: number;
  /** Ends the stream. */
  signal: AbortSignal;
}
export interface FollowTuning {
  /** Events asked for at once. Halved when a reply would be too large for one message. */
  pageSize: number;
  /** Lines of progress kept for a reader who is busy. */
  progressKept: number;
  /** After this long without news the log is read anyway (a fact may have been lost) and the reader hears that it is quiet. Milliseconds. */
  idleMs: number;
  /** Pause before the log is read again after a failure. Milliseconds. */
  troubleMs: number;
}
const FOLLOW_TUNING: FollowTuning = { pageSize: 100, progressKept: 256, idleMs: 5000, troubleMs: 1000 };

/**
 * Follows a run: its log from a given place, then whatever comes, to the run's end.
 * The log is the only source of events; facts on the bus merely say that there is more to read. So replay and live cannot overlap or leave
 * a gap. The stream is pulled: a slow reader delays the next read of the log, and misses progress, which is bounded and said.
 */
export class FollowRun {
  constructor(
    private readonly rpc: RpcClient,
    private readonly bus: EventBus,
    private readonly tuning: FollowTuning = FOLLOW_TUNING,
  ) {}

  /** Resolves once the first piece of the log is there. @throws {NotFound} for an unknown run, or a place that its log does not have. */
  async open(runId: string, options: FollowOptions): Promise<AsyncGenerator<RunNews, void>> {
    const follower = new Follower(this.rpc, this.tuning, runId, options);
    await follower.listen(this.bus);
    try {
      const first = await follower.readFirst();
      return follower.news(first);
    } catch (error) {
      await follower.close();
      throw error;
    }
  }
}

class Follower {
  private readonly wake = new Wake();
  private readonly progress: Newest<TaskProgress>;
  private subscriptions: Subscription[] = [];
  private tail: RunTail;
  private limit: number;
  /** The log may hold more than was read. */
  private behind = true;

  constructor(
    private readonly rpc: RpcClient,
    private readonly tuning: FollowTuning,
    private readonly runId: string,
    private readonly options: FollowOptions,
  ) {
    this.tail = tailFrom(options.after);
    this.limit = tuning.pageSize;
    this.progress = new Newest(tuning.progressKept);
  }

  async listen(bus: EventBus): Promise<void> {
    const onFact = (): void => {
      this.behind = true;
      this.wake.call();
    };
    const onProgress = (line: TaskProgress): void => {
      this.progress.push(line);
      this.wake.call();
    };
    this.subscriptions = [bus.onProgress(this.runId, onProgress), await bus.onFact(onFact, { runId: this.runId, from: 'new' })];
  }

  async readFirst(): Promise<StoredRunEvent[]> {
    const page = await this.page(overlap(this.tail));
    if (page.length > 0) return this.accept(page);
    throw new NotFound(
      this.options.after === 0
        ? `there is no run ${this.runId}: list the runs with GET /v1/runs`
        : `there is no run ${this.runId} with an event ${overlap(this.tail) + 1}: follow it from the beginning, without Last-Event-ID`,
    );
  }

  /** Closes its subscriptions when it ends, is returned from, or is aborted. */
  async *news(first: StoredRunEvent[]): AsyncGenerator<RunNews, void> {
    try {
      for (const event of first) yield { kind: 'event', event };
      while (!this.options.signal.aborted) {
        if (this.tail.ended === undefined && this.behind) yield* this.readOn();
        yield* this.lines();
        if (this.tail.ended !== undefined) {
          yield { kind: 'end', status: this.tail.ended };
          return;
        }
        if (!this.behind) yield* this.rest();
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.subscriptions.map((s) => s.close()));
    this.subscriptions = [];
  }

  private async *readOn(): AsyncGenerator<RunNews, void> {
    this.behind = false;
    try {
      for (const event of this.accept(await this.page(this.tail.last))) yield { kind: 'event', event };
    } catch (error) {
      this.behind = true;
      yield { kind: 'trouble', error: toErrorBody(error) };
      // A wait of its own: news about the run must not turn the pause into a busy loop.
      await new Wake().sleep(this.tuning.troubleMs, this.options.signal);
    }
  }

  private *lines(): Generator<RunNews, void> {
    const { items, missed } = this.progress.drain();
    if (missed > 0) yield { kind: 'skipped', count: missed };
    for (const progress of items) yield { kind: 'progress', progress };
  }

  private async *rest(): AsyncGenerator<RunNews, void> {
    const why = await this.wake.sleep(this.tuning.idleMs, this.options.signal);
    if (why !== 'timeout') return;
    this.behind = true;
    yield { kind: 'quiet' };
  }

  private accept(page: StoredRunEvent[]): StoredRunEvent[] {
    const taken = take(this.tail, page);
    this.tail = taken.tail;
    // Only an empty page is the end for now: a page is also cut short where its events would not fit into one message.
    this.behind ||= page.length > 0;
    return taken.fresh;
  }

  private async page(after: number): Promise<StoredRunEvent[]> {
    const { signal } = this.options;
    for (;;) {
      try {
        const request = { runId: this.runId, after, limit: this.limit };
        return (await this.rpc.call(OrchestratorRpc.events, request, { signal })).events;
      } catch (error) {
        if (toErrorBody(error).code !== ErrorCode.PayloadTooLarge || this.limit === 1) throw error;
        this.limit = Math.ceil(this.limit / 2);
      }
    }
  }
}
