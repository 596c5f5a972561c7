import {
  AetError,
  type AttemptRef,
  InternalError,
  PayloadTooLarge,
  type Priority,
  RunEventType,
  UnsupportedVersion,
} from '@aet/contracts';
import type { WorkQueue } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import type { DispatchTable, PublishedTask } from '../dispatch-table.js';
import { refOf } from '../projection/dispatch.js';
import type { RunLog } from '../run-log.js';
import { MarkBatch } from './mark-batch.js';
import type { RelayListener } from './relay-listener.js';
import type { RunOrigins } from './run-origins.js';
import { Slots } from './slots.js';
import { dispatchId, type Scheduled, taskMessage } from './task-message.js';

/** A task to be published, now or at a time. */
export interface Dispatch extends AttemptRef {
  eventSequence: number;
  redispatches: number;
  /** Absent: as the attempt was scheduled. */
  priority?: Priority;
  /** It was withdrawn under another priority, and goes back under an id of its own. */
  move?: string;
  /** Unix milliseconds; the past means now. */
  at: number;
}

export interface DispatcherPorts {
  log: RunLog;
  origins: RunOrigins;
  queue: WorkQueue;
  table: DispatchTable;
}

const RETRY = { initialMs: 50, maxMs: 5_000 };
const CONCURRENCY = 1_024;
/** A timer of Node may end so much before the clock says so. Milliseconds. */
const EARLY_MS = 1;
/** A task that goes out later than this may be in the stream, under an id that the server knows no more (after 120 s). Milliseconds. */
const REMEMBERED_MS = 100_000;
/** Beyond these, work is left to the sweeper, which finds it in the table: the memory stays bounded while the server is away. */
const CAPACITY = 10_000;

/**
 * Publishes tasks until the stream has them. The same task is in hand once at most; what is in hand when the process ends is found
 * by the sweeper of another.
 */
export class TaskDispatcher {
  private readonly inHand = new Map<string, NodeJS.Timeout | undefined>();
  private readonly slots = new Slots(CONCURRENCY);
  private readonly stopped = new AbortController();
  private readonly marks: MarkBatch<PublishedTask>;

  constructor(
    private readonly ports: DispatcherPorts,
    private readonly listener: RelayListener,
    private readonly now: () => number,
  ) {
    this.marks = new MarkBatch((rows) => ports.table.markPublished(rows, this.now()), {
      waitMs: 250,
      max: 1_000,
      capacity: CAPACITY,
      key: (mark) => dispatchId(mark, mark.redispatches),
      onRetry: (error, waitMs) => listener.retrying?.('marking tasks as published', error, waitMs),
    });
  }

  /** @param event the scheduling event when it is at hand; else the log is read */
  dispatch(task: Dispatch, event?: Scheduled): void {
    const id = dispatchId(task, task.redispatches, task.move);
    if (this.stopped.signal.aborted || this.inHand.has(id) || this.marks.has(id) || this.inHand.size >= CAPACITY) return;
    const waitMs = task.at - this.now();
    this.inHand.set(id, waitMs > 0 ? setTimeout(() => this.enqueue(id, task, event), waitMs + EARLY_MS) : undefined);
    if (waitMs <= 0) this.enqueue(id, task, event);
  }

  /** The attempt is over: that it was published need not be noted any more. */
  settled(ref: AttemptRef): void {
    this.marks.drop(dispatchId(ref, 0));
  }

  /** Abandons what is not published yet; finishes the marks of what is. */
  async stop(): Promise<void> {
    this.stopped.abort();
    for (const timer of this.inHand.values()) clearTimeout(timer);
    await this.slots.settled();
    await this.marks.stop();
    this.inHand.clear();
  }

  private enqueue(id: string, task: Dispatch, event: Scheduled | undefined): void {
    this.slots.add(async () => {
      if (!this.stopped.signal.aborted) await this.publish(id, task, event);
      this.inHand.delete(id);
    });
  }

  private async publish(id: string, task: Dispatch, event: Scheduled | undefined): Promise<void> {
    const { eventSequence: _e, at, redispatches, priority: _p, move: _m, ...ref } = task;
    try {
      const { sequence, duplicate, publishedAs } = await retrying(() => this.attempt(id, task, event), {
        ...RETRY,
        signal: this.stopped.signal,
        retryable: (error) =>
          !(error instanceof PayloadTooLarge || error instanceof InternalError || error instanceof UnsupportedVersion),
        onRetry: (error, _attempt, waitMs) => this.listener.retrying?.(`publishing task ${id}`, error, waitMs),
      });
      this.marks.add({ ...ref, streamSequence: sequence, redispatches, publishedAs });
      this.listener.taskPublished?.(ref, { redispatch: redispatches, duplicate, afterMs: this.now() - at });
    } catch (error) {
      if (error instanceof UnsupportedVersion) return; // a newer replica publishes it
      if (!this.stopped.signal.aborted && error instanceof AetError) this.listener.undeliverable?.(ref, error);
    }
  }

  private async attempt(id: string, task: Dispatch, event: Scheduled | undefined) {
    const { log, origins, queue } = this.ports;
    const run = origins.peek(task.runId) ?? (await origins.of(task.runId));
    const repeated = task.redispatches > 0 || this.now() - task.at > REMEMBERED_MS;
    const { priority } = task;
    const scheduled = event ?? (await scheduledEvent(log, task));
    const message = taskMessage(run, scheduled, { repeated, ...(priority === undefined ? {} : { priority }) });
    return { ...(await queue.publish(message, id)), publishedAs: message.priority };
  }
}

async function scheduledEvent(log: RunLog, { runId, eventSequence, step, attempt }: Dispatch): Promise<Scheduled> {
  const [event] = await log.read(runId, eventSequence - 1, 1);
  if (event?.type !== RunEventType.AttemptScheduled || refOf(runId, event.data).step !== step) {
    throw new InternalError(
      `event ${eventSequence} of run ${runId} does not schedule attempt ${attempt} of ${step}: rebuild the projections`,
    );
  }
  return event;
}
