import { Cancelled, Header, StreamPart, Unavailable } from '@aet/contracts';
import { isObservable } from 'rxjs';
import { type NatsLink, connectionOf } from '../../connection/nats-link.js';
import type { CallInHand } from '../calls-in-hand.js';
import { HEADER_ROOM, HeaderBlock } from '../header-block.js';
import { encodeResult } from '../send-reply.js';
import type { TimeLimits } from '../time-limits.js';
import { Timed } from '../timer-wheel.js';
import { type Credit, NO_MORE, parseCredit } from './credit.js';
import { ObservableItems } from './observable-items.js';

export interface StreamRoom {
  link: NatsLink;
  limits: TimeLimits;
  /** Between signs of life, while nothing else is sent. */
  heartbeatMs: number;
}

/**
 * The replies to one request whose sender reads a stream. From the request on it gives signs of life; items go out as far as the reader has
 * granted credit, and the source is asked for the next one only then. Ends by an end mark, or by an error that its owner sends.
 * A reader that is gone is noticed at the next item or sign of life, by the server's "no responders" or by the reader's process, which knows no such
 * reader; it aborts the call.
 */
export class OutgoingStream extends Timed {
  private sent = 0;
  private spoke = false;
  private interrupt: ((reason: Error) => void) | undefined;

  /** @param control where the reader grants credit; the reply subject of everything sent */
  constructor(
    private readonly room: StreamRoom,
    private readonly call: CallInHand,
    private readonly credit: Credit,
    readonly control: string,
  ) {
    super();
    call.signal.addEventListener('abort', () => this.interrupt?.(call.signal.reason as Error), { once: true });
    this.wait();
  }

  /** What the reader, or the server for it, sent to the control subject. */
  controlled(text: string, noReader: boolean): void {
    if (noReader || text === NO_MORE) this.call.abort(new Cancelled('the reader of the stream is gone'));
    else this.credit.grant(parseCredit(text) ?? 0);
  }

  /** Resolves when the end mark is sent. @throws what the source throws, and why the call was aborted. */
  async send(items: AsyncIterable<unknown>): Promise<void> {
    await this.sendAll(items);
    this.publish(StreamPart.End, undefined);
  }

  /** @param reason what its reader is told */
  break(reason: Error): void {
    this.call.abort(reason);
  }

  /** No signs of life any more. */
  stop(): void {
    this.room.limits.remove(this);
  }

  override expire(): void {
    try {
      if (!this.spoke) this.publish(StreamPart.Idle, undefined);
    } catch (cause) {
      return this.call.abort(new Unavailable('the connection to NATS is gone', { cause }));
    }
    this.spoke = false;
    this.wait();
  }

  private wait(): void {
    this.room.limits.add(this, performance.now() + this.room.heartbeatMs);
  }

  private async sendAll(items: AsyncIterable<unknown>): Promise<void> {
    const iterator = items[Symbol.asyncIterator]();
    let over = false;
    try {
      for (;;) {
        while (!this.credit.open) await this.unlessAborted(this.credit.more());
        const next = await this.unlessAborted(iterator.next());
        over = next.done === true;
        if (over) return;
        // Nest's interceptors wrap whatever a handler returns in an Observable.
        if (isStream(next.value)) await this.sendAll(next.value);
        else this.sendItem(next.value);
      }
    } finally {
      // A generator in the middle of something gets it when that is done; nobody waits for it.
      if (!over) void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }

  private sendItem(item: unknown): void {
    this.credit.spend();
    this.sent += 1;
    this.publish(StreamPart.Item, item);
  }

  private unlessAborted<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.call.signal.aborted) reject(this.call.signal.reason as Error);
      this.interrupt = reject;
      work.then(resolve, reject);
    });
  }

  private publish(part: StreamPart, item: unknown): void {
    const { link } = this.room;
    const payload = encodeResult(item, this.call.reply, link.maxPayload - HEADER_ROOM);
    const headers = HeaderBlock.of(`${Header.Stream}: ${part}\r\n${Header.StreamSequence}: ${this.sent}\r\n`);
    connectionOf(link).publish(this.call.reply, payload, { reply: this.control, headers });
    this.spoke = true;
  }
}

/** Whether a handler's outcome is many replies. */
export const isStream = (outcome: unknown): outcome is AsyncIterable<unknown> =>
  typeof outcome === 'object' && outcome !== null && Symbol.asyncIterator in outcome;

/** The outcome of a handler as items, where it is one of many. */
export const itemsOf = (outcome: unknown): AsyncIterable<unknown> | undefined =>
  isStream(outcome) ? outcome : isObservable(outcome) ? new ObservableItems(outcome) : undefined;
