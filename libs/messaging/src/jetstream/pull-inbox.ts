import { JetStreamApi } from '@aet/contracts';
import { type Msg, type NatsConnection, type Subscription, createInbox } from '@nats-io/nats-core';
import { type NatsLink, connectionOf, inboxPrefixOf } from '../connection/nats-link.js';
import { StreamMessage } from './stream-message.js';

export interface PullRequest {
  batch: number;
  /** How long the server keeps the request when it has fewer messages. 0: not at all. */
  expiresMs: number;
}

/**
 * How a pull ended. `short`: the server has no more now. `gone`: it has no such consumer. `silent`: it said nothing, which an old server also
 * does for a consumer that it does not have. `interrupted`: by us, or with the connection.
 */
export type PullEnd = 'full' | 'short' | 'gone' | 'silent' | 'interrupted';

export interface PullListener {
  /** @param asked false: it answers a pull that was given up meanwhile */
  onMessage(message: StreamMessage, asked: boolean): void;
  /** After the last message of the pull. */
  onEnd(end: PullEnd): void;
}

/** How long past its own end a request may stay without a word before the server counts as silent. Milliseconds. */
const SILENCE_MS = 2_000;

/** NATS' status codes of a pull: 404 and 408 say that there are no more messages. */
const Status = { Heartbeat: 100, Conflict: 409, NoResponders: 503 } as const;

/**
 * Pulls from one durable consumer through one subscription, one request at a time. Messages come under their own subjects, the server's
 * words on a request under the request's.
 */
export class PullInbox {
  private readonly connection: NatsConnection;
  private readonly inbox: string;
  private readonly next: string;
  private readonly subscription: Subscription;
  private open: { reply: string; missing: number; timer: NodeJS.Timeout } | undefined;
  private counter = 0;
  private closed = false;

  constructor(
    link: NatsLink,
    stream: string,
    consumer: string,
    private readonly listener: PullListener,
  ) {
    this.connection = connectionOf(link);
    this.inbox = `${createInbox(inboxPrefixOf(link))}.`;
    this.next = JetStreamApi.next(stream, consumer);
    this.subscription = this.connection.subscribe(`${this.inbox}*`, {
      callback: (error, message) => {
        if (error === null) this.accept(message);
      },
    });
  }

  /** Messages that the open request may still bring. */
  get missing(): number {
    return this.open?.missing ?? 0;
  }

  /** None may be open. A closed connection ends it at once. */
  pull({ batch, expiresMs }: PullRequest): void {
    if (this.open !== undefined) throw new Error('one pull at a time');
    if (this.closed || this.connection.isClosed()) return this.listener.onEnd('interrupted');
    const reply = `${this.inbox}${(this.counter++).toString(36)}`;
    const request = expiresMs === 0 ? { batch, no_wait: true } : { batch, expires: expiresMs * 1_000_000 };
    const timer = setTimeout(() => this.end('silent'), expiresMs + SILENCE_MS);
    this.open = { reply, missing: batch, timer };
    this.connection.publish(this.next, JSON.stringify(request), { reply });
  }

  /** Ends the open request with what it has. */
  interrupt(): void {
    this.end('interrupted');
  }

  close(): void {
    this.closed = true;
    this.interrupt();
    if (!this.connection.isClosed()) this.subscription.unsubscribe();
  }

  private accept(message: Msg): void {
    if (message.subject.startsWith(this.inbox)) return this.acceptStatus(message);
    const { open } = this;
    if (open !== undefined) open.missing--;
    this.listener.onMessage(new StreamMessage(this.connection, message), open !== undefined);
    if (open !== undefined && open.missing === 0) this.end('full');
  }

  private acceptStatus(message: Msg): void {
    const code = message.headers?.code;
    const isDeleted = code === Status.Conflict && /consumer deleted/i.test(message.headers?.description ?? '');
    // A waiting request that we gave up is told as well.
    if (message.subject !== this.open?.reply || code === Status.Heartbeat) return;
    this.end(isDeleted || code === Status.NoResponders ? 'gone' : 'short');
  }

  private end(how: PullEnd): void {
    if (this.open === undefined) return;
    clearTimeout(this.open.timer);
    this.open = undefined;
    this.listener.onEnd(how);
  }
}
