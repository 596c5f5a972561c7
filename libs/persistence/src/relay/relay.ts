import { type AttemptRef, RunEventType, type StoredRunEvent } from '@aet/contracts';
import type { EventBus, StopNotices, WorkQueue } from '@aet/messaging';
import type { DispatchTable, FactCursor, OrderedKey } from '../dispatch-table.js';
import { type DispatchRow, projectDispatch, refOf } from '../projection/dispatch.js';
import type { RunLog } from '../run-log.js';
import { FactTeller } from './fact-teller.js';
import { PriorityMover } from './priority-mover.js';
import type { RelayListener } from './relay-listener.js';
import { RunOrigins } from './run-origins.js';
import { stopNotices } from './stop-notice.js';
import { type Dispatch, TaskDispatcher } from './task-dispatcher.js';
import type { Scheduled } from './task-message.js';
import { TaskWithdrawer } from './task-withdrawer.js';
import { TurnKeeper } from './turn-keeper.js';

export interface RelayPorts {
  log: RunLog;
  table: DispatchTable;
  cursor: FactCursor;
  queue: WorkQueue;
  bus: EventBus;
  /** How hosts learn what nobody waits for any more. */
  stops: Pick<StopNotices, 'publish'>;
}

export interface RelayOptions {
  namespace: string;
  now?: () => number;
  listener?: RelayListener;
}

/** A task for later than this is left to the sweeper, which reads it from the table when its time is near. */
const TIMER_HORIZON_MS = 10_000;

/**
 * Publishes what committed events imply: the tasks of scheduled attempts to the work queue, every event as a fact to the event bus.
 * At least once, under ids that are the same in every replica. It holds nothing that matters: what it loses by a crash, the `Sweeper` finds.
 * Never throws out of its loops; NATS and PostgreSQL may come and go.
 */
export class Relay implements AsyncDisposable {
  private readonly dispatcher: TaskDispatcher;
  private readonly teller: FactTeller;
  private readonly turns: TurnKeeper;
  private readonly mover: PriorityMover;
  private readonly withdrawer: TaskWithdrawer;
  private readonly origins: RunOrigins;
  private readonly now: () => number;
  private state: 'new' | 'running' | 'stopped' = 'new';

  constructor(
    readonly ports: RelayPorts,
    options: RelayOptions,
  ) {
    const { namespace, now = Date.now, listener = {} } = options;
    this.now = now;
    this.origins = new RunOrigins(ports.log);
    this.dispatcher = new TaskDispatcher({ ...ports, origins: this.origins }, listener, now);
    this.teller = new FactTeller({ ...ports, origins: this.origins }, namespace, listener);
    this.turns = new TurnKeeper(
      (keys) => ports.table.giveTurns(keys),
      (row) => this.dispatchSoon(dispatchOf(row)),
      listener,
    );
    this.withdrawer = new TaskWithdrawer(ports.table, ports.queue, listener);
    this.mover = new PriorityMover(ports, (task) => this.dispatcher.dispatch(task), listener, now);
  }

  /** Listens to the log's commits from now on; what was committed before is the sweeper's. */
  start(): void {
    if (this.state !== 'new') return;
    this.state = 'running';
    this.ports.log.onCommitted((runId, events) => this.committed(runId, events));
  }

  /** Ends what is in hand: a message that is being sent is waited for, what waits is left to the next sweeper. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    await Promise.all([this.turns.stop(), this.mover.stop(), this.withdrawer.stop()]);
    await Promise.all([this.dispatcher.stop(), this.teller.stop()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The run has another owner, or another epoch, than was known. */
  ownerChanged(runId: string): void {
    this.origins.forget(runId);
  }

  /** For the sweeper. A task that is in hand already is not taken twice. */
  dispatch(task: Dispatch): void {
    this.dispatcher.dispatch(task);
  }

  /** For the sweeper: ordered tasks of these keys wait, or are over. */
  giveTurns(keys: readonly OrderedKey[]): void {
    this.turns.ask(keys);
  }

  /** For the sweeper: tasks may be in the stream under a priority that they have no more. */
  movePriorities(): void {
    this.mover.ask();
  }

  /** For the sweeper: tasks may be in the stream for which nobody waits. */
  withdrawUnwanted(): void {
    this.withdrawer.ask();
  }

  /** For the sweeper: tells facts again, unless the run's are on their way. */
  retell(runId: string, events: readonly StoredRunEvent[]): void {
    if (!this.teller.busyWith(runId)) this.teller.tell(runId, events);
  }

  busyTelling(runId: string): boolean {
    return this.teller.busyWith(runId);
  }

  private committed(runId: string, events: readonly StoredRunEvent[]): void {
    if (this.state !== 'running') return;
    this.origins.learn(events);
    const first = events[0]?.sequence ?? 0;
    const change = projectDispatch(events);
    // Its tasks lost their turns when it ended.
    const revived = events.some(({ type }) => type === RunEventType.Redriven);
    for (const row of change.opened) {
      const task = dispatchOf({ ...row, redispatches: 0 });
      if (row.orderKey !== undefined && (row.attempt === 1 || revived)) this.turns.ask([{ ...row, orderKey: row.orderKey }]);
      else this.dispatchSoon(task, scheduledOf(events[row.eventSequence - first]));
    }
    for (const ref of projectClosed(events)) this.dispatcher.settled(ref);
    if (change.closed.length > 0 || change.closedAll || change.closedSteps !== undefined) void this.turnsAfter(runId);
    if (events.some(({ type }) => type === RunEventType.Prioritized)) this.mover.ask();
    void this.tellHosts(runId, events);
    this.teller.tell(runId, events);
  }

  /** Told once: a host that does not hear it asks the owner. */
  private async tellHosts(runId: string, events: readonly StoredRunEvent[]): Promise<void> {
    const notices = stopNotices(events);
    if (notices.length === 0) return;
    this.withdrawer.ask();
    try {
      const { cell } = this.origins.peek(runId) ?? (await this.origins.of(runId));
      for (const notice of notices) this.ports.stops.publish(notice, cell);
    } catch {
      // The log does not answer, or the connection is closed: hosts ask.
    }
  }

  private dispatchSoon(task: Dispatch, event?: Scheduled): void {
    if (task.at <= this.now() + TIMER_HORIZON_MS) this.dispatcher.dispatch(task, event);
  }

  /** Tasks of the run are over: if they were ordered, others have their turn. */
  private async turnsAfter(runId: string): Promise<void> {
    try {
      const { ordered } = this.origins.peek(runId) ?? (await this.origins.of(runId));
      if (ordered) this.turns.ask([]);
    } catch {
      // The log does not answer: the sweeper asks in its next round.
    }
  }
}

/** Attempts that ended, whether or not their run went on. */
const projectClosed = (events: readonly StoredRunEvent[]): AttemptRef[] =>
  events.flatMap((event) =>
    event.type === RunEventType.AttemptCompleted || event.type === RunEventType.AttemptFailed
      ? [refOf(event.runId, event.data)]
      : [],
  );

const dispatchOf = (row: DispatchRow & { redispatches: number }): Dispatch => ({
  runId: row.runId,
  step: row.step,
  ...(row.item === undefined ? {} : { item: row.item }),
  attempt: row.attempt,
  eventSequence: row.eventSequence,
  redispatches: row.redispatches,
  priority: row.priority,
  at: Math.max(row.notBefore, row.scheduledAt),
});

const scheduledOf = (event: StoredRunEvent | undefined): Scheduled | undefined =>
  event?.type === RunEventType.AttemptScheduled ? event : undefined;
