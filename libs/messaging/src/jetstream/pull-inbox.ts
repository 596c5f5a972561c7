import { JetStreamApi } from '@aet/contracts';
import { type Msg, type NatsConnection, type Subscription, createInbox, nuid } from '@nats-io/nats-core';
import { type NatsLink, connectionOf, inboxPrefixOf } from '../connection/nats-link.js';

export interface PullRequest {
  consumer: string;
  batch: number;
  /** How long the server keeps the request when it has fewer messages. 0: not at all. */
  expiresMs: number;
}

/** How long past its own end a request may stay without a word before the server counts as gone. Milliseconds. */
const SILENCE_MS = 2_000;

/**
 * Pulls from one stream through one subscription, one request at a time.
 * The server delivers under the message's own subject, so requests cannot be told apart by it: what arrives while none is open
 * is a late answer to one that was given up, and goes to `onStray`.
 */
export class PullInbox {
  private readonly connection: NatsConnection;
  private readonly inbox: string;
  private readonly subscription: Subscription;
  private open: OpenPull | undefined;
  private closed = false;

  constructor(
    link: NatsLink,
    private readonly stream: string,
    private readonly onStray: (message: Msg) => void,
  ) {
    this.connection = connectionOf(link);
    this.inbox = createInbox(inboxPrefixOf(link));
    this.subscription = this.connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.accept(message);
      },
    });
  }

  /** The messages that came, in order: up to `batch`. Fewer when the request ended, the server fell silent, or by `interrupt`. */
  async pull({ consumer, batch, expiresMs }: PullRequest): Promise<Msg[]> {
    if (this.closed || this.connection.isClosed()) return [];
    const reply = `${this.inbox}.${nuid.next()}`;
    const request = expiresMs === 0 ? { batch, no_wait: true } : { batch, expires: expiresMs * 1_000_000 };
    const messages = await new Promise<Msg[]>((resolve) => {
      const timer = setTimeout(() => this.interrupt(), expiresMs + SILENCE_MS);
      this.open = { reply, batch, messages: [], resolve, timer };
      this.connection.publish(JetStreamApi.next(this.stream, consumer), JSON.stringify(request), { reply });
    });
    return messages;
  }

  /** Ends the open request with what it has. */
  interrupt(): void {
    const open = this.open;
    if (open === undefined) return;
    this.open = undefined;
    clearTimeout(open.timer);
    open.resolve(open.messages);
  }

  close(): void {
    this.closed = true;
    this.interrupt();
    if (!this.connection.isClosed()) this.subscription.unsubscribe();
  }

  private accept(message: Msg): void {
    if (isStatus(message, this.inbox)) {
      if (message.subject === this.open?.reply && !isHeartbeat(message)) this.interrupt();
      return;
    }
    if (this.open === undefined) return this.onStray(message);
    this.open.messages.push(message);
    if (this.open.messages.length === this.open.batch) this.interrupt();
  }
}

interface OpenPull {
  reply: string;
  batch: number;
  messages: Msg[];
  resolve: (messages: Msg[]) => void;
  timer: NodeJS.Timeout;
}

/** 404 no messages, 408 expired, 409 refused, 503 nobody there: they arrive on the request's own subject, without one of a stream. */
const isStatus = (message: Msg, inbox: string): boolean => message.subject.startsWith(`${inbox}.`);

const isHeartbeat = (message: Msg): boolean => message.headers?.code === 100;
