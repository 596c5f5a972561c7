import { DeadlinePassed, Header, StreamPart, Unavailable } from '@aet/contracts';
import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { IncomingHeaders } from '../incoming-headers.js';
import { type CallEnd, PendingCall } from '../pending-calls.js';
import { failureIn, parseReply } from '../reply-to-call.js';
import { endedError } from '../single-call.js';
import { NO_MORE } from './credit.js';

/** Items that may be on their way or wait to be taken, where the reader does not say. */
export const STREAM_WINDOW = 64;
/** A responder gives a sign of life each second; one that is silent for so long is gone. Milliseconds. */
export const STREAM_SILENCE_MS = 5_000;

export interface StreamReading {
  /** So many items may be on their way or waiting here. */
  window: number;
  /** A responder that says nothing for so long is gone; it gives a sign of life each second. */
  silenceMs: number;
  /** Of the monotonic clock; Infinity for none. */
  expiresAt: number;
  /** Told when the responder works for nobody any more, and it is not known which it is. */
  abandoned: () => void;
}

interface Waiter {
  resolve(result: IteratorResult<unknown, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The reader's end of a stream of replies: keeps what has come, in order and without gaps, until it is asked for, and grants credit for what was
 * taken. Ends with the end mark, or with an error: the responder's, a lost message, silence, the deadline, the end of the connection.
 */
export class IncomingStream extends PendingCall {
  private readonly kept: unknown[] = [];
  private waiter: Waiter | undefined;
  private received = 0;
  /** Taken since credit was last granted. */
  private taken = 0;
  private control = '';
  private over = false;
  private failure: Error | undefined;

  constructor(
    subject: string,
    private readonly connection: NatsConnection,
    private readonly reading: StreamReading,
  ) {
    super(subject);
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.kept.length > 0) return Promise.resolve(this.take());
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
    });
  }

  /** The reader wants no more. */
  close(): void {
    if (this.over) return;
    this.finish(undefined);
    this.dismiss();
  }

  override replied(message: Msg): void {
    const headers = IncomingHeaders.of(message);
    const part = headers.get(Header.Stream);
    if (part === undefined) return this.only(message);
    this.calls?.limit(this, Math.min(performance.now() + this.reading.silenceMs, this.reading.expiresAt));
    this.control = message.reply ?? '';
    const expected = part === StreamPart.Item ? this.received + 1 : this.received;
    if (Number(headers.get(Header.StreamSequence)) !== expected)
      return this.broken(`item ${this.received + 1} was lost on the way`);
    if (part === StreamPart.Item) this.arrived(message);
    else if (part === StreamPart.End) this.finish(undefined);
  }

  protected ended(how: CallEnd): void {
    if (how.kind === 'aborted') this.dismiss();
    if (how.kind !== 'timeout') return this.finish(endedError(how, this.subject));
    this.dismiss();
    if (performance.now() < this.reading.expiresAt) {
      this.finish(new Unavailable(`${this.subject} said nothing for ${this.reading.silenceMs} ms: it is gone`));
    } else this.finish(new DeadlinePassed(`the deadline passed while the replies of ${this.subject} were read`));
  }

  /** An error, or the one reply of a handler that has no more. */
  private only(message: Msg): void {
    const failure = failureIn(message, this.subject);
    if (failure !== undefined) return this.finish(failure);
    if (message.data.length > 0) this.arrived(message);
    if (!this.over) this.finish(undefined);
  }

  private arrived(message: Msg): void {
    this.received += 1;
    try {
      this.kept.push(parseReply(message, this.subject));
    } catch (error) {
      return this.broken(error instanceof Error ? error.message : String(error));
    }
    const { waiter } = this;
    this.waiter = undefined;
    waiter?.resolve(this.take());
  }

  private broken(why: string): void {
    this.finish(new Unavailable(`the stream of ${this.subject} is broken: ${why}`));
    this.dismiss();
  }

  private take(): IteratorResult<unknown, undefined> {
    this.taken += 1;
    const value = this.kept.shift();
    if (this.taken >= this.reading.window / 2 && !this.over && this.control !== '') this.grant();
    return { done: false, value };
  }

  private grant(): void {
    this.tell(String(this.taken));
    this.taken = 0;
  }

  /** To the one responder where it is known, else to all instances. */
  private dismiss(): void {
    if (this.control === '') this.reading.abandoned();
    else this.tell(NO_MORE);
  }

  private tell(text: string): void {
    try {
      this.connection.publish(this.control, text);
    } catch {
      // The connection is being drained; its end ends the stream.
    }
  }

  private finish(failure: Error | undefined): void {
    this.leave();
    this.over = true;
    this.failure = failure;
    const { waiter } = this;
    this.waiter = undefined;
    if (failure === undefined) waiter?.resolve({ done: true, value: undefined });
    else waiter?.reject(failure);
  }
}
