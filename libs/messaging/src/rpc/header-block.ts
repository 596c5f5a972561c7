import { MsgHdrsImpl } from '@nats-io/nats-core/internal';

/** Of what we put into the headers of a call or a reply, at most; so much of the largest message is not for the body. Bytes. */
export const HEADER_ROOM = 1_024;

/**
 * Headers of a message that leaves, made as text at once: building them one by one checks every character of every name, for each message.
 * The NATS client asks headers for nothing but their bytes when it publishes, and does so before `publish` returns; so one object serves all.
 */
export class HeaderBlock extends MsgHdrsImpl {
  private static readonly shared = new HeaderBlock();
  private bytes = new Uint8Array();

  /** To be published before the next is made. @param lines `name: value`, each ended by CR LF, without line ends inside */
  static of(lines: string): HeaderBlock {
    HeaderBlock.shared.bytes = Buffer.from(`NATS/1.0\r\n${lines}\r\n`);
    return HeaderBlock.shared;
  }

  override encode(): Uint8Array {
    return this.bytes;
  }
}
