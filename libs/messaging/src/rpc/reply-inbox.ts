import { callInbox } from '@aet/contracts';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { type NatsLink, connectionOf, inboxPrefixOf, onDenied } from '../connection/nats-link.js';
import { type PendingCall, PendingCalls } from './pending-calls.js';
import { randomHex } from './random-hex.js';
import { NO_MORE } from './stream/credit.js';

const inboxes = new WeakMap<NatsLink, ReplyInbox>();

/** The inbox of a link: one subscription for the replies to all its calls, whoever makes them. */
export function replyInboxOf(link: NatsLink): ReplyInbox {
  const known = inboxes.get(link);
  if (known !== undefined) return known;
  const made = new ReplyInbox(link);
  inboxes.set(link, made);
  return made;
}

/** Not the NATS client's own ids: whoever knows one of them can guess the process' other inboxes. */
const ADDRESS_DIGITS = 24;
/** 64 bits: who answered one call of a link must not be able to guess where the answers to its others go. */
const TOKEN_DIGITS = 16;

/**
 * Replies by token. When the connection breaks, calls in flight end as `disconnected`: the reply of a responder that lost the same
 * server never comes, and waiting for the deadline would only tell the caller later.
 */
export class ReplyInbox {
  private readonly pending = new PendingCalls();
  private readonly address: string;
  private readonly connection: NatsConnection;

  constructor(link: NatsLink) {
    this.connection = connectionOf(link);
    this.address = `${callInbox(inboxPrefixOf(link))}.${randomHex(ADDRESS_DIGITS)}.`;
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) this.receive(message);
      else this.pending.endAll({ kind: 'denied', reason: error.message });
    };
    this.connection.subscribe(`${this.address}*`, { callback });
    link.onStatus((status) => {
      if (status !== 'connected') this.pending.endAll({ kind: 'disconnected' });
      if (status === 'closed') this.pending.close();
    });
    onDenied(link, ({ operation, subject, message }) => {
      if (operation === 'publish') this.pending.endAll({ kind: 'denied', reason: message }, (call) => call.subject === subject);
    });
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.pending.size;
  }

  /** A reply to a call that has ended is dropped. A responder that goes on is told: its stream may have been cut off with the connection. */
  private receive(message: Msg): void {
    const call = this.pending.get(message.subject.slice(this.address.length));
    if (call !== undefined) call.replied(message);
    else if (message.reply !== undefined && message.reply !== '') message.respond(Buffer.from(NO_MORE));
  }

  /**
   * From now on replies reach the call, until it leaves.
   * @param timeoutMs from now; Infinity for none
   * @returns where to reply
   */
  expect(call: PendingCall, timeoutMs: number): string {
    const token = randomHex(TOKEN_DIGITS);
    this.pending.add(token, call, performance.now() + timeoutMs);
    return this.address + token;
  }
}
