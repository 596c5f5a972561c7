import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core';

/** Longest wait for the server's word on an acknowledgement. Milliseconds. */
const CONFIRM_MS = 1_000;

/** The words of acknowledgement. Source: https://docs.nats.io/reference/reference-protocols/nats_api_reference */
const Word = { Done: '+ACK', NotNow: '-NAK', Working: '+WPI', Never: '+TERM' } as const;

/** A message that a pull consumer delivered, and what can be answered to it. Only the first answer but `working` counts. */
export class StreamMessage {
  private answered = false;
  /** How often it was delivered, this one included. */
  readonly deliveries: number;
  readonly sequence: number;
  /** Messages of its consumer that wait behind it. */
  readonly pending: number;

  constructor(
    private readonly connection: NatsConnection,
    private readonly message: Msg,
  ) {
    // `<prefix>.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>`, with a prefix of two
    // tokens, or of four in the later form, which also may have more at its end.
    const tokens = (message.reply ?? '').split('.');
    const first = tokens.length === 9 ? 4 : 6;
    this.deliveries = Number(tokens[first]);
    this.sequence = Number(tokens[first + 1]);
    this.pending = Number(tokens[first + 4]);
  }

  get subject(): string {
    return this.message.subject;
  }
  get data(): Uint8Array {
    return this.message.data;
  }
  get headers(): MsgHdrs | undefined {
    return this.message.headers;
  }
  /** @throws {SyntaxError} */
  json(): unknown {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(this.message.data));
  }

  /** Tells the server that somebody is at it: its patience begins anew. */
  working(): void {
    if (!this.answered) this.say(Word.Working);
  }
  /** Done. Not confirmed: see `doneForSure`. */
  done(): void {
    this.finish(Word.Done);
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
   * Done, and the server knows it. False when it did not confirm: its word got lost, or ours did, and then the message may be offered again.
   * Asked only once: the server does not answer to a message that it has no more, so after a lost answer no other comes.
   */
  async doneForSure(): Promise<boolean> {
    if (this.answered) return false;
    this.answered = true;
    const { reply } = this.message;
    if (reply === undefined || this.connection.isClosed()) return false;
    try {
      await this.connection.request(reply, Word.Done, { timeout: CONFIRM_MS });
      return true;
    } catch {
      this.say(Word.Done);
      return false;
    }
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
