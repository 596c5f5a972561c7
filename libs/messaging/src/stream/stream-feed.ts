import { Unavailable } from '@aet/contracts';
import { pause, retrying } from '@aet/resilience';
import { type ConsumerMessages, DeliverPolicy, type JsMsg, type OrderedConsumerOptions, jetstream } from '@nats-io/jetstream';
import { Logger } from '@nestjs/common';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';

/** Where a feed begins. */
export type FeedStart =
  | 'all'
  | 'new'
  | 'last-per-subject'
  | { since: Date }
  | { /** Stream sequence of the last message that is known. */ after: number };

export interface FeedOptions {
  stream: string;
  /** One subject, wildcards allowed; several need a server of 2.10. */
  filter: string;
  from: FeedStart;
}

/** Longest silence of a server that still serves the feed. Milliseconds. */
const HEARTBEAT_MS = 2_000;
/** Longest wait for a connection, and then for an answer, of one try to begin. Milliseconds. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 2_000;
/** Longest time of all tries to begin for the first time. Milliseconds. */
const START_MS = 10_000;
const RETRY = { initialMs: 100, maxMs: 1_000 };
/** A consumer that nobody pulls from is removed by the server after this. Milliseconds. */
const FORGET_MS = 30_000;

/**
 * The messages of a stream in order, each once, for as long as wanted. A session is one ordered consumer in the server's memory.
 * A session ends when the server restarts, falls silent or forgets the consumer; the next begins behind the last message seen.
 */
export class StreamFeed {
  private readonly logger = new Logger(StreamFeed.name);
  private readonly ended = new AbortController();
  private session: ConsumerMessages | undefined;
  /** Stream sequence of the last message that was handed on. */
  private cursor: number | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly options: FeedOptions,
  ) {}

  /**
   * Hands every message to the callback until `close`. Resolves when the stream feeds: what is stored from then on will be seen.
   * @returns resolves when the last callback has returned
   */
  async open(onMessage: (message: JsMsg) => void): Promise<{ finished: Promise<void> }> {
    const first = await this.beginSoon();
    return { finished: this.follow(first, onMessage) };
  }

  /** The messages up to the stream's end as it is on arrival there. */
  async *toEnd(): AsyncGenerator<JsMsg, void, undefined> {
    try {
      while (!this.ended.signal.aborted) {
        const { messages, waiting } = await this.beginSoon();
        if (waiting === 0) return;
        for await (const message of messages) {
          this.cursor = message.seq;
          yield message;
          if (message.info.pending === 0) return;
        }
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    this.ended.abort();
    this.session?.stop();
  }

  private async follow(first: Session, onMessage: (message: JsMsg) => void): Promise<void> {
    for (let session: Session | undefined = first; session !== undefined; session = await this.beginAgain()) {
      try {
        for await (const message of session.messages) {
          if (this.ended.signal.aborted) return;
          this.cursor = message.seq;
          onMessage(message);
        }
      } catch (error) {
        this.logger.warn(`a session of the stream ${this.options.stream} failed and is begun again: ${String(error)}`);
        await pause(RETRY.maxMs, this.ended.signal);
      }
    }
  }

  /** Tries for ever. Nothing when the feed was closed, or its link, meanwhile. */
  private async beginAgain(): Promise<Session | undefined> {
    if (this.over) return undefined;
    const options = { ...RETRY, signal: this.ended.signal, retryable: () => !this.over };
    return retrying(() => this.begin(), options).catch(() => undefined);
  }

  /** Tries for as long as a server may need to start. @throws {NotFound} the stream is missing; {Unavailable}. */
  private beginSoon(): Promise<Session> {
    const expiresAt = performance.now() + START_MS;
    const retryable = (error: unknown): boolean => error instanceof Unavailable && performance.now() < expiresAt && !this.over;
    return retrying(() => this.begin(), { ...RETRY, signal: this.ended.signal, retryable });
  }

  private get over(): boolean {
    return this.ended.signal.aborted || this.link.status === 'closed';
  }

  private async begin(): Promise<Session> {
    const { stream } = this.options;
    await whenConnected(this.link, CONNECT_MS, this.ended.signal, `reading the stream ${stream}`);
    const client = jetstream(connectionOf(this.link), { timeout: ANSWER_MS });
    const consumer = await client.consumers.get(stream, this.consumerOptions()).catch((cause: unknown) => {
      throw jetStreamError(cause, `reading the stream ${stream}`);
    });
    const info = await consumer.info(true);
    // A feed of what is new must not lose what comes while it has no session.
    if (this.options.from === 'new') this.cursor ??= info.delivered.stream_seq;
    const messages = await consumer.consume({ max_messages: 256, expires: 10_000, idle_heartbeat: HEARTBEAT_MS });
    this.session = messages;
    const stopWatching = this.link.onStatus(() => messages.stop());
    void endOnSilence(messages);
    void messages.closed().then(() => {
      stopWatching();
      if (this.link.status === 'connected') void consumer.delete().catch(() => undefined);
    });
    if (this.ended.signal.aborted) messages.stop();
    return { messages, waiting: info.num_pending };
  }

  private consumerOptions(): Partial<OrderedConsumerOptions> {
    const base = { filter_subjects: this.options.filter, inactive_threshold: FORGET_MS };
    const { from } = this.options;
    if (this.cursor !== undefined)
      return { ...base, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.cursor + 1 };
    if (from === 'all') return { ...base, deliver_policy: DeliverPolicy.All };
    if (from === 'new') return { ...base, deliver_policy: DeliverPolicy.New };
    if (from === 'last-per-subject') return { ...base, deliver_policy: DeliverPolicy.LastPerSubject };
    if ('after' in from) return { ...base, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.after + 1 };
    return { ...base, deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.since.toISOString() };
  }
}

interface Session {
  messages: ConsumerMessages;
  /** Messages that waited when it began. */
  waiting: number;
}

/** Notices after which a session gives nothing more. */
const ENDS: ReadonlySet<string> = new Set(['heartbeats_missed', 'consumer_deleted', 'consumer_not_found', 'stream_not_found']);

async function endOnSilence(messages: ConsumerMessages): Promise<void> {
  for await (const notice of messages.status()) if (ENDS.has(notice.type)) messages.stop();
}
