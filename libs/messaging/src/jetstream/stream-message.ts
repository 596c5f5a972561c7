import type { Msg, NatsConnection } from '@nats-io/nats-core';
import { IncomingHeaders } from '../rpc/incoming-headers.js';

/** The words of acknowledgement. Source: https://docs.nats.io/reference/reference-protocols/nats_api_reference */
const Word = { Done: '+ACK', NotNow: '-NAK', Working: '+WPI', Never: '+TERM' } as const;
const DONE = Buffer.from(Word.Done);

/** Of what is not UTF-8 it makes an error, not a question mark. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A message that a pull consumer delivered, and what can be answered to it. Only the first answer but `working` counts. */
export class StreamMessage {
  private answered = false;
  private readonly tokens: readonly string[];
  /** Where the counts begin. */
  private readonly first: number;
  private readonly reply: string;

  constructor(
    private readonly connection: NatsConnection,
    private readonly message: Msg,
  ) {
    // `<prefix>.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>`, with a prefix of two
    // tokens, or of four in the later form, which also may have more at its end.
    this.reply = message.reply ?? '';
    this.tokens = this.reply.split('.');
    this.first = this.tokens.length === 9 ? 4 : 6;
  }

  /** How often it was delivered, this one included. */
  get deliveries(): number {
    return Number(this.tokens[this.first]);
  }
  get sequence(): number {
    return Number(this.tokens[this.first + 1]);
  }
  /** The durable that delivered it. */
  get consumer(): string {
    return this.tokens[this.first - 1] ?? '';
  }
  get subject(): string {
    return this.message.subject;
  }
  get data(): Uint8Array {
    return this.message.data;
  }
  get headers(): IncomingHeaders {
    return IncomingHeaders.of(this.message);
  }
  /** @throws {TypeError} not UTF-8; {SyntaxError} */
  json(): unknown {
    return JSON.parse(utf8.decode(this.message.data));
  }

  /** Tells the server that somebody is at it: its patience begins anew. */
  working(): void {
    if (!this.answered) this.say(Word.Working);
  }
  /** To be offered again, to anybody, after the delay. */
  again(afterMs: number): void {
    this.finish(afterMs <= 0 ? Word.NotNow : `${Word.NotNow} ${JSON.stringify({ delay: Math.round(afterMs) * 1_000_000 })}`);
  }
  /** Never to be offered again. Without a reason text: old servers do not understand it, and offer the message again. */
  never(): void {
    this.finish(Word.Never);
  }

  /**
   * Done. `Acknowledgements` asks for the server's word, and may say it again after the connection broke.
   * @param confirmTo where the server shall confirm it. It does not answer to a message that it has no more.
   */
  done(confirmTo?: string): void {
    this.answered = true;
    if (this.reply === '' || this.connection.isClosed()) return;
    this.connection.publish(this.reply, DONE, confirmTo === undefined ? undefined : { reply: confirmTo });
  }
  /** Nothing else may be answered from now on: `done` follows. */
  decided(): void {
    this.answered = true;
  }

  private finish(word: string): void {
    if (this.answered) return;
    this.answered = true;
    this.say(word);
  }
  private say(word: string): void {
    if (!this.connection.isClosed()) this.message.respond(word);
  }
}
