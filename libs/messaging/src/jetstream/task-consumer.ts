import { JetStreamApi, PRIORITIES, Stream, Subjects, streamName, taskConsumer } from '@aet/contracts';
import { pause } from '@aet/resilience';
import type { NatsConnection, Subscription } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { WorkConsumer } from '../work-consumer.js';
import type { Admission } from './admission.js';
import { PullInbox } from './pull-inbox.js';
import { type Pick, type Room, type SchedulerState, choose, idleScheduler, mayHave, none, taken } from './scheduler.js';
import { StreamMessage } from './stream-message.js';
import { TaskInHand, type TaskTerms } from './task-in-hand.js';

/** How often an idle host looks whether the stream holds tasks that nobody announced, such as those of a dead host. Milliseconds. */
const LOOK_MS = 1_000;
/** After an announcement that led to nothing: the stream stores a message slightly later than it is announced. Milliseconds. */
const LOOK_SOON_MS = 50;
/** Longest wait for the stream's picture. Milliseconds. */
const PICTURE_MS = 2_000;

export interface TaskConsumerOptions extends TaskTerms {
  cell: string;
  capabilities: readonly string[];
  slots: number;
  admission: Admission;
}

/**
 * Takes tasks while there is room. It asks (batch of one, no waiting) only for kinds that may have a task: a plain subscription to the tasks'
 * subjects announces them at once, and every second one question for the stream's picture finds what was not announced. An idle host
 * costs the server that one question a second, however many capabilities it has.
 *
 * taking → (drain) → draining → drained. Only `taking` asks for tasks.
 */
export class TaskConsumer extends WorkConsumer {
  private readonly connection: NatsConnection;
  private readonly stream: string;
  private readonly kinds: ReadonlyMap<string, Pick>;
  private readonly inbox: PullInbox;
  private readonly announcements: Subscription[];
  private readonly stopWatching: () => void;
  private readonly stopAdmission: () => void;
  private readonly running = new Map<TaskInHand, Promise<void>>();
  private readonly taking: Promise<void>;

  private scheduler: SchedulerState = idleScheduler;
  /** Kinds that may have tasks which the cell does not allow now. */
  private readonly held = new Set<Pick>();
  private lookAt = 0;
  private draining = false;
  private drained: Promise<void> | undefined;
  private sleep = new AbortController();

  constructor(
    private readonly link: NatsLink,
    private readonly options: TaskConsumerOptions,
  ) {
    super();
    const { namespace } = options.identity;
    this.connection = connectionOf(link);
    this.stream = streamName(Stream.Tasks, namespace);
    this.kinds = kindsOf(new Subjects(namespace), options);
    this.inbox = new PullInbox(link, this.stream, (message) => new StreamMessage(this.connection, message).again(0));
    this.announcements = [...this.kinds].map(([subject, kind]) =>
      this.connection.subscribe(subject, { callback: (error) => (error === null ? this.announced(kind) : undefined) }),
    );
    this.stopWatching = link.onStatus(() => this.reconsider());
    this.stopAdmission = options.admission.onChange(() => this.release());
    this.taking = this.take();
  }

  get busy(): number {
    return this.running.size;
  }

  drain(graceMs: number): Promise<void> {
    this.drained ??= this.drainOnce(graceMs);
    return this.drained;
  }

  private async drainOnce(graceMs: number): Promise<void> {
    this.draining = true;
    for (const announcement of this.announcements) if (!this.connection.isClosed()) announcement.unsubscribe();
    this.stopWatching();
    this.stopAdmission();
    this.wake();
    await this.taking;
    const patience = new AbortController();
    await Promise.race([Promise.all(this.running.values()), pause(graceMs, patience.signal)]);
    patience.abort();
    for (const task of this.running.keys()) task.giveBack();
    this.inbox.close();
    // What was given back must be on its way before the caller closes the connection.
    if (this.link.status === 'connected') await this.connection.flush().catch(() => undefined);
  }

  /** The one loop. Everything that it decides from is state, so a wake-up that comes while it is busy is never lost. */
  private async take(): Promise<void> {
    while (!this.draining && this.link.status !== 'closed') {
      const now = performance.now();
      const room = this.room();
      const pick = this.link.status === 'connected' ? choose(this.scheduler, now, room) : undefined;
      if (pick !== undefined) await this.ask(pick);
      else if (room.critical && this.link.status === 'connected' && now >= this.lookAt) await this.look();
      else await this.rest(room.critical ? Math.max(this.lookAt - now, LOOK_SOON_MS) : LOOK_MS);
    }
  }

  private room(): Room {
    return { any: this.busy < this.options.slots, critical: this.busy < this.options.slots + 1 };
  }

  private async ask(pick: Pick): Promise<void> {
    if (this.options.admission.mayTake(pick.capability, 1) < 1) {
      this.held.add(pick);
      this.scheduler = none(this.scheduler, pick);
      return;
    }
    const consumer = taskConsumer(pick.capability, pick.priority);
    const [message] = await this.inbox.pull({ consumer, batch: 1, expiresMs: 0 });
    if (message === undefined) {
      this.scheduler = none(this.scheduler, pick);
      return;
    }
    this.scheduler = taken(this.scheduler, this.kinds.get(message.subject) ?? pick, performance.now());
    const delivered = new StreamMessage(this.connection, message);
    if (this.draining) delivered.again(0);
    else this.begin(new TaskInHand(delivered, this.options));
  }

  private begin(task: TaskInHand): void {
    const ended = task.settle().then(() => {
      this.running.delete(task);
      this.wake();
    });
    this.running.set(task, ended);
  }

  private announced(kind: Pick): void {
    const now = performance.now();
    this.scheduler = mayHave(this.scheduler, kind, now);
    this.lookAt = Math.min(this.lookAt, now + LOOK_SOON_MS);
    this.wake();
  }

  /** Which kinds the stream holds, in anybody's hand or in nobody's: only those can have something for us. */
  private async look(): Promise<void> {
    this.lookAt = performance.now() + LOOK_MS;
    const filter = new Subjects(this.options.identity.namespace).tasks(this.options.cell);
    try {
      const answer = await this.connection.request(
        JetStreamApi.streamInfo(this.stream),
        JSON.stringify({ subjects_filter: filter }),
        {
          timeout: PICTURE_MS,
        },
      );
      const { state } = answer.json<{ state?: { subjects?: Record<string, number> } }>();
      for (const subject of Object.keys(state?.subjects ?? {})) {
        const kind = this.kinds.get(subject);
        if (kind !== undefined) this.scheduler = mayHave(this.scheduler, kind, performance.now());
      }
    } catch {
      // No answer: the server restarts or has no such stream yet. The next look comes in a second, or with the connection.
    }
  }

  /** The cell may allow more than before. */
  private release(): void {
    for (const kind of this.held) this.scheduler = mayHave(this.scheduler, kind, performance.now());
    this.held.clear();
    this.wake();
  }

  /** After a reconnect nothing that was asked before will be answered. */
  private reconsider(): void {
    this.lookAt = 0;
    this.inbox.interrupt();
    this.wake();
  }

  private wake(): void {
    this.sleep.abort();
  }
  private async rest(ms: number): Promise<void> {
    this.sleep = new AbortController();
    await pause(ms, this.sleep.signal);
  }
}

function kindsOf(subjects: Subjects, { cell, capabilities }: TaskConsumerOptions): Map<string, Pick> {
  const kinds = capabilities.flatMap((capability) => PRIORITIES.map((priority) => ({ priority, capability })));
  return new Map(kinds.map((kind) => [subjects.task(cell, kind.priority, kind.capability), kind]));
}
