import { pause } from '@aet/resilience';
import { Logger } from '@nestjs/common';
import type { Msg } from '@nats-io/nats-core';
import type { NatsLink } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { PendingCall } from '../rpc/pending-calls.js';
import { replyInboxOf } from '../rpc/reply-inbox.js';
import type { StreamMessage } from './stream-message.js';

const logger = new Logger('Acknowledgements');

/** Longest wait for the server's word on an acknowledgement. Milliseconds. */
const CONFIRM_MS = 1_000;
/** NATS' status of a request that nobody listens to. */
const NO_RESPONDERS = 503;
/** Longest wait for a connection that broke before the server's word came. After that the server has offered the messages again. Milliseconds. */
const BACK_WITHIN_MS = 10_000;

/**
 * Acknowledges what is done without keeping anybody waiting, and still makes sure: what became done in one turn of the event loop goes out
 * together, for each durable with one request for the server's word on the last message. The server answers in order, so its word covers the
 * others. Without it all are acknowledged once more.
 */
export class Acknowledgements {
  private gathered: StreamMessage[] = [];
  private readonly open = new Set<Promise<void>>();

  constructor(private readonly link: NatsLink) {}

  done(message: StreamMessage): void {
    message.decided();
    this.gathered.push(message);
    if (this.gathered.length === 1) setImmediate(() => this.send());
  }

  /** Resolves when the server has confirmed all, or did not within its time. Never rejects. */
  async settled(): Promise<void> {
    this.send();
    const patience = new AbortController();
    await Promise.race([Promise.all(this.open), pause(CONFIRM_MS, patience.signal)]);
    patience.abort();
  }

  private send(): void {
    const messages = this.gathered;
    this.gathered = [];
    const byConsumer = new Map<string, StreamMessage[]>();
    for (const message of messages) {
      const same = byConsumer.get(message.consumer);
      if (same === undefined) byConsumer.set(message.consumer, [message]);
      else same.push(message);
    }
    for (const same of byConsumer.values()) {
      const confirmed = this.confirm(same).finally(() => this.open.delete(confirmed));
      this.open.add(confirmed);
    }
  }

  private async confirm(messages: readonly StreamMessage[]): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined || (await this.request(messages, last))) return;
    try {
      await whenConnected(this.link, BACK_WITHIN_MS, undefined, 'acknowledging');
      for (const message of messages) message.done();
    } catch {
      // The connection is gone for good: other hosts are offered the messages.
    }
    const what = messages.length === 1 ? last.subject : `${messages.length} messages of ${last.consumer}`;
    logger.warn(`done, and the server did not confirm it, so it may offer again: ${what}`);
  }

  /** Whether the server confirmed. */
  private request(messages: readonly StreamMessage[], last: StreamMessage): Promise<boolean> {
    if (this.link.status !== 'connected') return Promise.resolve(false);
    return new Promise((resolve) => {
      const confirmation = new Confirmation(last.subject, resolve);
      const confirmTo = replyInboxOf(this.link).expect(confirmation, CONFIRM_MS);
      try {
        for (const message of messages) message.done(message === last ? confirmTo : undefined);
      } catch {
        confirmation.leave();
        resolve(false);
      }
    });
  }
}

class Confirmation extends PendingCall {
  constructor(
    subject: string,
    private readonly resolve: (confirmed: boolean) => void,
  ) {
    super(subject);
  }

  /** An empty answer with a status says that nobody listens: the stream or its consumer is gone. */
  replied(message: Msg): void {
    this.leave();
    this.resolve(message.headers?.code !== NO_RESPONDERS);
  }

  protected ended(): void {
    this.resolve(false);
  }
}
