import { JetStreamApi, PRIORITIES, Stream, Subjects, streamName, taskConsumer } from '@aet/contracts';
import { pause } from '@aet/resilience';
import type { NatsConnection } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import type { Admission } from './admission.js';
import {
  type Pick as Kind,
  type PlannedPull,
  type SchedulerState,
  fellShort,
  idleScheduler,
  isReady,
  mayHave,
  plan,
} from './scheduler.js';
import type { StreamMessage } from './stream-message.js';
import { TaskSource, type TaskSourceListener } from './task-source.js';

/** How often a host with room looks whether the stream holds tasks that nobody announced, such as those of a dead host. Milliseconds. */
const LOOK_MS = 1_000;
/** After an announcement that led to nothing: the stream stores a message slightly later than it is announced. Milliseconds. */
const LOOK_SOON_MS = 50;
/** Longest wait for the stream's picture. Milliseconds. */
const PICTURE_MS = 2_000;

export interface TaskIntakeOptions {
  namespace: string;
  cell: string;
  capabilities: readonly string[];
  admission: Pick<Admission, 'mayTake' | 'onChange'>;
}

/** The host, as its intake sees it. */
export interface TaskRoom {
  /** Slots that nothing is in, less what waits for one. */
  readonly free: number;
  ahead(capability: string): number;
  /** @param asked false: it was not expected any more */
  take(message: StreamMessage, kind: Kind, asked: boolean): void;
}

/**
 * Asks for tasks while there is room, and only for kinds that may have one: a plain subscription to the tasks' subjects announces them at once,
 * and every second one question for the stream's picture finds what was not announced. An idle host costs the server that one question a
 * second, however many capabilities it has. A busy one asks once for all that became free in a turn of the event loop.
 */
export class TaskIntake implements TaskSourceListener {
  private readonly connection: NatsConnection;
  private readonly sources: ReadonlyMap<string, TaskSource>;
  private readonly byKind: ReadonlyMap<string, TaskSource>;
  private readonly watching: Promise<void>;
  /** Kinds that may have tasks which the cell does not allow now. */
  private readonly held = new Set<Kind>();
  private readonly stops: (() => void)[];

  private scheduler: SchedulerState = idleScheduler;
  private lookAt = 0;
  private sleep = new AbortController();
  private filling = false;
  private stopped = false;
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly options: TaskIntakeOptions,
    private readonly room: TaskRoom,
  ) {
    this.connection = connectionOf(link);
    this.sources = sourcesOf(link, options, this);
    this.byKind = new Map([...this.sources.values()].map((source) => [nameOf(source.kind), source]));
    this.stops = [link.onStatus(() => this.reconsider()), options.admission.onChange(() => this.release())];
    this.watching = this.watch();
  }

  /** Something may have become free. */
  fillSoon(): void {
    if (this.filling || this.stopped) return;
    this.filling = true;
    setImmediate(() => {
      this.filling = false;
      this.fill();
    });
  }

  /** Asks for nothing more. Resolves when what was asked for has come. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const stop of this.stops) stop();
    for (const source of this.sources.values()) {
      source.announcements.stop();
      if (this.link.status !== 'connected') source.interrupt();
    }
    this.sleep.abort();
    await this.watching;
    if (this.open().length > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  close(): void {
    for (const source of this.sources.values()) source.close();
  }

  onMessage({ kind }: TaskSource, message: StreamMessage, asked: boolean): void {
    this.room.take(message, kind, asked);
  }
  onFull(): void {
    this.answered();
  }

  onShort(source: TaskSource, pull: PlannedPull, got: number): void {
    this.scheduler = fellShort(this.scheduler, pull, got);
    const now = performance.now();
    // What was published while the pull was on its way, or while nobody listened, is asked for once more.
    if (!this.stopped && (source.hasNews || source.announcements.listen())) {
      this.scheduler = mayHave(this.scheduler, source.kind, now);
    } else if (got === 0 && source.wasAnnounced && !source.hasWaited) {
      source.waitNext();
      this.scheduler = mayHave(this.scheduler, source.kind, now);
    } else if (got === 0 && source.wasAnnounced) {
      this.lookAt = Math.min(this.lookAt, now + LOOK_SOON_MS);
      this.sleep.abort();
    }
    this.answered();
  }

  onAnnounced({ kind }: TaskSource): boolean {
    if (this.stopped || this.held.has(kind) || isReady(this.scheduler, kind)) return false;
    this.scheduler = mayHave(this.scheduler, kind, performance.now());
    this.fillSoon();
    return true;
  }

  private fill(): void {
    if (this.stopped || this.link.status !== 'connected') return;
    const open = this.open();
    const asked = open.reduce((sum, source) => sum + source.missing, 0);
    const { state, pulls, held } = plan(this.scheduler, performance.now(), {
      free: this.room.free - asked,
      ahead: (capability) => this.room.ahead(capability),
      mayTake: (capability, most) => this.options.admission.mayTake(capability, most),
      isOpen: (kind) => this.byKind.get(nameOf(kind))?.isOpen === true,
    });
    this.scheduler = state;
    for (const kind of held) this.held.add(this.byKind.get(nameOf(kind))?.kind ?? kind);
    for (const pull of pulls) this.byKind.get(nameOf(pull.kind))?.pull(pull);
  }

  private open(): TaskSource[] {
    return [...this.sources.values()].filter((source) => source.isOpen);
  }

  private answered(): void {
    if (!this.stopped) this.fillSoon();
    else if (this.open().length === 0) this.onIdle?.();
  }

  /** Looks when it is time and there is room for what may be found. */
  private async watch(): Promise<void> {
    while (!this.stopped && this.link.status !== 'closed') {
      const wait = this.lookAt - performance.now();
      if (wait > 0) {
        this.sleep = new AbortController();
        await pause(wait, this.sleep.signal);
      } else {
        this.lookAt = performance.now() + LOOK_MS;
        if (this.link.status === 'connected' && this.room.free >= 0) await this.look();
      }
    }
  }

  /** Which kinds the stream holds, in anybody's hand or in nobody's: only those can have something for us. */
  private async look(): Promise<void> {
    const { namespace, cell } = this.options;
    const question = JSON.stringify({ subjects_filter: new Subjects(namespace).tasks(cell) });
    try {
      const subject = JetStreamApi.streamInfo(streamName(Stream.Tasks, namespace));
      const answer = await this.connection.request(subject, question, { timeout: PICTURE_MS });
      const { state } = answer.json<{ state?: { subjects?: Record<string, number> } }>();
      for (const held of Object.keys(state?.subjects ?? {})) {
        const source = this.sources.get(held);
        if (source !== undefined) this.scheduler = mayHave(this.scheduler, source.kind, performance.now());
      }
      this.fillSoon();
    } catch {
      // No answer: the server restarts or has no such stream yet. The next look comes in a second, or with the connection.
    }
  }

  /** The cell may allow more than before. */
  private release(): void {
    for (const kind of this.held) this.scheduler = mayHave(this.scheduler, kind, performance.now());
    this.held.clear();
    this.fillSoon();
  }

  /** After a reconnect nothing that was asked before will be answered. */
  private reconsider(): void {
    this.lookAt = 0;
    for (const source of this.sources.values()) source.interrupt();
    this.sleep.abort();
    this.fillSoon();
  }
}

const nameOf = ({ priority, capability }: Kind): string => `${priority} ${capability}`;

function sourcesOf(
  link: NatsLink,
  { namespace, cell, capabilities }: TaskIntakeOptions,
  listener: TaskSourceListener,
): Map<string, TaskSource> {
  const subjects = new Subjects(namespace);
  const stream = streamName(Stream.Tasks, namespace);
  const kinds = capabilities.flatMap((capability) => PRIORITIES.map((priority) => ({ priority, capability })));
  return new Map(
    kinds.map((kind) => {
      const subject = subjects.task(cell, kind.priority, kind.capability);
      const consumer = taskConsumer(kind.capability, kind.priority);
      return [subject, new TaskSource(link, { stream, consumer, subject, kind }, listener)];
    }),
  );
}
