import { type Msg, createInbox } from '@nats-io/nats-core';
import { type NatsLink, connectionOf, inboxPrefixOf, onDenied } from '../connection/nats-link.js';
import { type CallOutcome, PendingCalls } from './pending-calls.js';

const inboxes = new WeakMap<NatsLink, ReplyInbox>();

/** The inbox of a link: one subscription for the replies to all its calls, whoever makes them. */
export function replyInboxOf(link: NatsLink): ReplyInbox {
  const known = inboxes.get(link);
  if (known !== undefined) return known;
  const made = new ReplyInbox(link);
  inboxes.set(link, made);
  return made;
}

/**
 * Replies by token. When the connection breaks, calls in flight end as `disconnected`: the reply of a responder that lost the same
 * server never comes, and waiting for the deadline would only tell the caller later.
 */
export class ReplyInbox {
  private readonly pending = new PendingCalls(() => performance.now());
  private readonly address: string;
  private counter = 0;

  constructor(link: NatsLink) {
    this.address = createInbox(inboxPrefixOf(link));
    const callback = (error: Error | null, message: Msg): void => {
      if (error === null) this.pending.settle(message.subject.slice(this.address.length + 1), { kind: 'reply', message });
      else this.settleAll({ kind: 'denied', reason: error.message });
    };
    connectionOf(link).subscribe(`${this.address}.*`, { callback });
    link.onStatus((status) => {
      if (status !== 'connected') this.settleAll({ kind: 'disconnected' });
    });
    onDenied(link, ({ operation, subject, message }) => {
      if (operation === 'publish')
        this.pending.settleWhere((call) => call.subject === subject, { kind: 'denied', reason: message });
    });
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.pending.size;
  }

  /**
   * Waits for one reply. `send` gets the address for it.
   * @param timeoutMs from now
   */
  await(
    subject: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    send: (replyTo: string) => void,
  ): Promise<CallOutcome | { kind: 'aborted' }> {
    const token = (this.counter++).toString(36);
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.pending.remove(token);
        resolve({ kind: 'aborted' });
      };
      const settle = (outcome: CallOutcome): void => {
        signal?.removeEventListener('abort', abort);
        resolve(outcome);
      };
      // A signal that is aborted already tells nobody.
      if (signal?.aborted === true) return resolve({ kind: 'aborted' });
      signal?.addEventListener('abort', abort, { once: true });
      this.pending.add(token, { subject, expiresAt: performance.now() + timeoutMs, settle });
      try {
        send(`${this.address}.${token}`);
      } catch (error) {
        this.pending.remove(token);
        signal?.removeEventListener('abort', abort);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  private settleAll(outcome: CallOutcome): void {
    this.pending.settleWhere(() => true, outcome);
  }
}
