import type { Msg } from '@nats-io/nats-core';
import { Kind, type MsgArg, MsgImpl, Parser } from '@nats-io/nats-core/internal';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IncomingHeaders } from './incoming-headers.js';

interface Sent {
  subject: string;
  reply: string;
  headers: [name: string, value: string][];
  body: string;
}

const NAMES = ['traceparent', 'Aet-Deadline', 'aet-deadline', 'Aet-Correlation-Id', 'X-Test'];
const value = fc.oneof(fc.stringMatching(/^[!-~ ]{0,40}$/), fc.constantFrom('ä ö', '漢字', 'NATS/1.0', 'Aet-Deadline: 5', ''));
const message: fc.Arbitrary<Sent> = fc.record({
  subject: fc.constantFrom('a', 'aet.default.rpc.km.say', 'wörter.漢'),
  reply: fc.constantFrom('', '_INBOX.gateway.rpc.1.2', '_INBOX.ü'),
  headers: fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 6 }),
  body: fc.constantFrom('', '{}', 'NATS/1.0\r\nX-Test: no\r\n\r\n', '\r\n\r\n'),
});

/** As a server sends it. Source: the NATS client protocol, `MSG` and `HMSG`. */
function onTheWire({ subject, reply, headers, body }: Sent): string {
  const to = `${subject} 1 ${reply === '' ? '' : `${reply} `}`;
  if (headers.length === 0) return `MSG ${to}${Buffer.byteLength(body)}\r\n${body}\r\n`;
  const block = `NATS/1.0\r\n${headers.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`;
  return `HMSG ${to}${Buffer.byteLength(block)} ${Buffer.byteLength(block + body)}\r\n${block}${body}\r\n`;
}

/** The class says `headers?: MsgHdrs | undefined` where the interface says `headers?: MsgHdrs`. */
const asMsg = (message: object): Msg => message as Msg;

/** What the NATS client makes of bytes that come in pieces. */
function received(bytes: Buffer, pieces: readonly number[]): Msg[] {
  const found: Msg[] = [];
  const push = (event: { kind?: Kind; msg?: MsgArg; data?: Uint8Array } | (() => void)): void => {
    if (typeof event !== 'function' && event.kind === Kind.MSG && event.msg !== undefined)
      found.push(asMsg(new MsgImpl(event.msg, event.data ?? new Uint8Array(), { publish: () => undefined })));
  };
  const parser = new Parser({ push });
  let at = 0;
  for (const piece of [...pieces, bytes.length]) {
    parser.parse(bytes.subarray(at, at + piece));
    at += piece;
  }
  return found;
}

it('finds what the parser of the NATS client finds, however the bytes came', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), fc.array(fc.nat(60), { maxLength: 20 }), (sent, pieces) => {
      const messages = received(Buffer.from(sent.map(onTheWire).join('')), pieces);
      expect(messages).toHaveLength(sent.length);
      for (const one of messages) {
        const ours = IncomingHeaders.of(one);
        for (const name of [...NAMES, 'Absent']) expect(ours.get(name) ?? '').toBe(one.headers?.get(name) ?? '');
      }
    }),
    { numRuns: 300 },
  );
});

it('finds nothing in the status of a message without headers', () => {
  const [status] = received(Buffer.from('HMSG a 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n'), []);
  expect(status && IncomingHeaders.of(status).get('X-Test')).toBeUndefined();
});
