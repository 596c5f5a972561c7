import type { Msg } from '@nats-io/nats-core';
import type { MsgImpl } from '@nats-io/nats-core/internal';
import { requireHeaderRoom } from './request-limits.js';

/** Where a header's value is found by name. */
export interface HeaderReader {
  /** Undefined or empty when there is none. */
  get(name: string): string | undefined;
}

const PREFIX = 'NATS/1.0';
const NONE = '';

/**
 * Headers of a message that arrived, searched when they are asked for. The NATS client would parse and check all of them into a map,
 * which costs more than the rest of a small request.
 */
export class IncomingHeaders implements HeaderReader {
  private constructor(private readonly block: string) {}

  static of(message: Msg): IncomingHeaders {
    return new IncomingHeaders(blockOf(message as MsgImpl, lengthOf(message)));
  }

  /** Of a request, which anybody may have made. @throws {PayloadTooLarge} */
  static ofRequest(message: Msg): IncomingHeaders {
    const length = lengthOf(message);
    requireHeaderRoom(length, message.subject);
    return new IncomingHeaders(blockOf(message as MsgImpl, length));
  }

  /** The first with exactly that name. */
  get(name: string): string | undefined {
    if (this.block === NONE) return undefined;
    const start = this.block.indexOf(`\r\n${name}:`);
    if (start === -1) return undefined;
    const from = start + name.length + 3;
    return this.block.slice(from, this.block.indexOf('\r\n', from)).trim();
  }
}

/** Bytes, the `NATS/1.0` before the first header included. */
const lengthOf = (message: Msg): number =>
  (message as MsgImpl).size() - message.subject.length - (message.reply ?? '').length - message.data.length;

/**
 * The bytes before the payload: the client keeps a message's headers and payload in one piece, and `data` is its end. `size` tells how much
 * there is in all. Should that ever change, the text does not begin as headers do, and the client's own parser is asked.
 */
function blockOf(message: MsgImpl, length: number): string {
  const { data } = message;
  if (length <= 0) return NONE;
  if (length <= data.byteOffset) {
    const block = Buffer.from(data.buffer, data.byteOffset - length, length).toString();
    if (block.startsWith(PREFIX) && block.endsWith('\r\n\r\n')) return block;
  }
  const parsed = [...(message.headers ?? [])].flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`));
  return `${PREFIX}\r\n${parsed.join('')}\r\n`;
}
