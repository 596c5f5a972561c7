import { RunEventType } from '@aet/contracts';
import type { WorkQueue } from '@aet/messaging';
import { randomUUID } from 'node:crypto';
import type { DispatchTable, OpenDispatch } from '../dispatch-table.js';
import type { RunLog } from '../run-log.js';
import { Coalesced } from './coalesced.js';
import type { RelayListener } from './relay-listener.js';
import type { Dispatch } from './task-dispatcher.js';

/** Tasks of one round; the sweeper's next round takes more. */
const ROWS = 1_000;
/** Questions to the stream at once. */
const TOGETHER = 16;
/** A host that ends an attempt for its timeout has told its end by then. Milliseconds. */
const AFTER_TIMEOUT_MS = 60_000;

export interface MoverPorts {
  log: RunLog;
  table: DispatchTable;
  queue: Pick<WorkQueue, 'withdraw'>;
}

/**
 * Moves tasks that wait in the stream under a priority that they have no more. What a host got stays where it is. Each task is withdrawn by one
 * replica, which publishes it anew; should that end in between, the sweeper finds the task gone from the stream, as any other that was lost.
 */
export class PriorityMover {
  private readonly work: Coalesced;

  constructor(
    private readonly ports: MoverPorts,
    private readonly dispatch: (task: Dispatch) => void,
    listener: RelayListener,
    private readonly now: () => number,
  ) {
    this.work = new Coalesced(
      () => this.round(),
      (error) => listener.retrying?.('moving tasks to another priority', error, 0),
    );
  }

  ask(): void {
    this.work.ask();
  }

  stop(): Promise<void> {
    return this.work.stop();
  }

  private async round(): Promise<void> {
    const rows = await this.ports.table.misplaced(ROWS);
    for (let i = 0; i < rows.length && !this.work.stopped; i += TOGETHER) {
      await Promise.all(rows.slice(i, i + TOGETHER).map((row) => this.moveOne(row)));
    }
  }

  private async moveOne(row: OpenDispatch): Promise<void> {
    const { publishedAs = row.priority, streamSequence = 0, capability } = row;
    const outcome = await this.ports.queue.withdraw({ capability, priority: publishedAs }, streamSequence);
    if (outcome === 'unclear') await this.leaveToHost({ ...row, streamSequence });
    if (outcome === 'withdrawn') this.dispatch(movedDispatch(row, this.now()));
  }

  /** A host may have it, and no other will get it: it is not missed in the stream before that host must have ended it. */
  private async leaveToHost(row: OpenDispatch & { streamSequence: number }): Promise<void> {
    const [event] = await this.ports.log.read(row.runId, row.eventSequence - 1, 1);
    const timeoutMs = event?.type === RunEventType.AttemptScheduled ? event.data.timeoutMs : 0;
    const endsBefore = this.now() + timeoutMs + AFTER_TIMEOUT_MS;
    await this.ports.table.markPublished([{ ...row, publishedAs: row.priority }], endsBefore);
  }
}

/** The id is new each time: the server knows the ones before. */
const movedDispatch = (
  { runId, step, item, attempt, eventSequence, redispatches, priority }: OpenDispatch,
  at: number,
): Dispatch => ({
  runId,
  step,
  ...(item === undefined ? {} : { item }),
  attempt,
  eventSequence,
  redispatches,
  priority,
  move: randomUUID(),
  at,
});
