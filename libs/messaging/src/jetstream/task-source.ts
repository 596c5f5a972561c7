import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { Announcements } from './announcements.js';
import { ConsumerPresence } from './consumer-presence.js';
import { type PullEnd, PullInbox } from './pull-inbox.js';
import type { Pick, PlannedPull } from './scheduler.js';
import type { StreamMessage } from './stream-message.js';

export interface TaskSourceOptions {
  stream: string;
  /** The durable. */
  consumer: string;
  /** Where its tasks are published. */
  subject: string;
  kind: Pick;
}

export interface TaskSourceListener {
  /** @param asked false: it was not expected any more */
  onMessage(source: TaskSource, message: StreamMessage, asked: boolean): void;
  /** @param got messages that the pull brought */
  onShort(source: TaskSource, pull: PlannedPull, got: number): void;
  onFull(): void;
  /** Returns whether it was news. */
  onAnnounced(source: TaskSource): boolean;
}

/** A pull for a task that was announced and is not there yet waits so long: the stream stores a message slightly later than it is announced. Milliseconds. */
const STORED_WITHIN_MS = 50;

/** The tasks of one priority and capability: one durable, what is published to it, and what it says when it is not there. */
export class TaskSource {
  readonly kind: Pick;
  readonly announcements: Announcements;
  private inbox: PullInbox | undefined;
  private asked: { pull: PlannedPull; got: number } | undefined;
  /** One was announced since the last pull. */
  private news = false;
  /** One was announced before the last pull. */
  private announced = false;
  /** The next pull waits for the announced one; the last one did. */
  private waitsNext = false;
  private waited = false;
  private readonly presence: ConsumerPresence;

  constructor(
    private readonly link: NatsLink,
    private readonly options: TaskSourceOptions,
    private readonly listener: TaskSourceListener,
  ) {
    this.kind = options.kind;
    const connection = connectionOf(link);
    const { stream, consumer, kind } = options;
    this.presence = new ConsumerPresence(connection, stream, consumer, `${kind.priority} tasks of "${kind.capability}"`);
    this.announcements = new Announcements(connection, options.subject, () => {
      this.news = true;
      return listener.onAnnounced(this);
    });
  }

  /** A pull is not answered yet. */
  get isOpen(): boolean {
    return this.asked !== undefined;
  }
  /** Messages that it may still bring. */
  get missing(): number {
    return this.inbox?.missing ?? 0;
  }

  /** A task was announced since the last pull. */
  get hasNews(): boolean {
    return this.news;
  }
  /** The last pull was meant for a task that had been announced. */
  get wasAnnounced(): boolean {
    return this.announced;
  }
  /** The last pull waited for it. */
  get hasWaited(): boolean {
    return this.waited;
  }

  /** The next pull waits a moment for one task. */
  waitNext(): void {
    this.waitsNext = true;
  }

  pull(pull: PlannedPull): void {
    // Made when first needed: a host of many capabilities uses few of them.
    this.inbox ??= new PullInbox(this.link, this.options.stream, this.options.consumer, {
      onMessage: (message, asked) => this.came(message, asked),
      onEnd: (end) => this.ended(end),
    });
    this.asked = { pull, got: 0 };
    this.waited = this.waitsNext;
    this.waitsNext = false;
    this.announced = this.news || this.waited;
    this.news = false;
    // A consumer that is not there must not keep slots waiting for an old server's silence.
    const one = this.waited || this.presence.isDoubtful;
    this.inbox.pull({ batch: one ? 1 : pull.batch, expiresMs: this.waited ? STORED_WITHIN_MS : 0 });
  }

  interrupt(): void {
    this.inbox?.interrupt();
  }
  close(): void {
    this.announcements.stop();
    this.inbox?.close();
  }

  private came(message: StreamMessage, asked: boolean): void {
    if (asked && this.asked !== undefined) this.asked.got++;
    this.listener.onMessage(this, message, asked);
  }

  private ended(end: PullEnd): void {
    const { asked } = this;
    this.asked = undefined;
    if (asked === undefined) return;
    this.presence.ended(end);
    if (asked.got >= asked.pull.batch) this.listener.onFull();
    else this.listener.onShort(this, asked.pull, asked.got);
  }
}
