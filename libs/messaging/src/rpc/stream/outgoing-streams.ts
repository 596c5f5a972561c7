import { Header, type Subjects, ValidationFailed } from '@aet/contracts';
import type { Msg } from '@nats-io/nats-core';
import type { CallInHand } from '../calls-in-hand.js';
import type { HeaderReader } from '../incoming-headers.js';
import { randomHex } from '../random-hex.js';
import type { RpcServerIdentity } from '../rpc-server-identity.js';
import { Credit, parseCredit } from './credit.js';
import { OutgoingStream, type StreamRoom } from './outgoing-stream.js';

/** Enough that nobody meets another's stream by chance. */
const TOKEN_DIGITS = 16;

/** The streams that an instance sends, by where their readers grant them credit. */
export class OutgoingStreams {
  private readonly open = new Map<string, OutgoingStream>();

  constructor(
    private readonly room: StreamRoom,
    private readonly subjects: Subjects,
    private readonly identity: RpcServerIdentity,
  ) {}

  /** Undefined for a request whose sender reads one reply. @throws {ValidationFailed} */
  begin(headers: HeaderReader, call: CallInHand): OutgoingStream | undefined {
    const text = headers.get(Header.StreamCredit);
    if (text === undefined || text === '' || call.reply === '') return undefined;
    const credit = parseCredit(text);
    if (credit === undefined) throw notACredit(text);
    const token = randomHex(TOKEN_DIGITS);
    const control = this.subjects.rpcCredit(this.identity.service, this.identity.instance, token);
    const stream = new OutgoingStream(this.room, call, new Credit(credit), control);
    this.open.set(control, stream);
    return stream;
  }

  end(stream: OutgoingStream): void {
    stream.stop();
    this.open.delete(stream.control);
  }

  breakAll(reason: Error): void {
    for (const stream of this.open.values()) stream.break(reason);
  }

  get size(): number {
    return this.open.size;
  }

  /** Of a stream that has ended nothing is known: its reader's last word may come late. */
  controlled(message: Msg): void {
    this.open.get(message.subject)?.controlled(message.string(), message.headers?.code === 503);
  }
}

function notACredit(text: string): ValidationFailed {
  const message = `must be a positive whole number, not "${text}"`;
  return new ValidationFailed(`the header ${Header.StreamCredit} ${message}`, [
    { path: Header.StreamCredit, rule: 'credit', message },
  ]);
}
