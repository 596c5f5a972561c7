import { AetError, Forbidden, Header, PayloadTooLarge, ResourceExhausted, Unavailable } from '@aet/contracts';
import { retrying } from '@aet/resilience';
import { JetStreamApiError } from '@nats-io/jetstream';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';
import type { MsgHdrs } from '@nats-io/nats-core';
import { HeaderBlock } from '../rpc/header-block.js';
import { callHeaders, oneLine } from '../rpc/outgoing-headers.js';
import { replyInboxOf } from '../rpc/reply-inbox.js';
import type { Published } from '../work-queue.js';
import { type PublishWindow, publishWindowOf } from './publish-window.js';
import { Denied, NoAnswer, StoredAnswer } from './stored-answer.js';

export interface StoredMessage {
  subject: string;
  payload: Uint8Array | string;
  /** The same id twice inside the server's window is stored once, so a repetition after a lost answer does no harm. */
  messageId: string;
  correlationId?: string | undefined;
  /** As they were when the message was accepted; absent: those of the present work. */
  headers?: Readonly<Record<string, string>>;
  /** Longest time for all tries together, in milliseconds. Default 10,000. */
  withinMs?: number;
}

/** A restart of the server fits in. Milliseconds. */
const DEFAULT_WITHIN_MS = 10_000;
/** Longest wait for one answer of the stream. Milliseconds. */
const ANSWER_MS = 2_000;

/** Room that the headers of a message may take. Bytes. */
const HEADER_BYTES = 2_048;

/** Code of JetStream's API for a message that is larger than its stream takes. Source: nats-server `server/errors.json`. */
const TOO_LARGE = 10054;

/**
 * Publishes into a stream and waits for the stream's word that it has the message. Repeats what got no answer.
 * Many at once share one inbox and one round trip; when too many wait for their answers, the next wait for room before they are sent.
 * @throws {Unavailable} no answer in time: it may be stored; {ResourceExhausted} no room now; {PayloadTooLarge}; {Forbidden}.
 */
export async function publishStored(link: NatsLink, message: StoredMessage): Promise<Published> {
  const encoded = withBytes(message);
  requireFits(link, encoded);
  const withinMs = message.withinMs ?? DEFAULT_WITHIN_MS;
  const expiresAt = performance.now() + withinMs;
  try {
    return await publishOnce(link, encoded, expiresAt);
  } catch (error) {
    const isWorthRepeating = (last: unknown): boolean => last instanceof NoAnswer && performance.now() < expiresAt;
    if (!isWorthRepeating(error)) throw publishError(message.subject, withinMs, error);
    const again = { initialMs: 50, maxMs: 500, retryable: isWorthRepeating };
    return retrying(() => publishOnce(link, encoded, expiresAt), again).catch((last: unknown) => {
      throw publishError(message.subject, withinMs, last);
    });
  }
}

type Encoded = StoredMessage & { payload: Uint8Array };

const withBytes = (message: StoredMessage): Encoded =>
  typeof message.payload === 'string' ? { ...message, payload: Buffer.from(message.payload) } : (message as Encoded);

/** Without a promise of its own in the usual case: there is room, and a connection. */
function publishOnce(link: NatsLink, message: Encoded, expiresAt: number): Promise<Published> {
  const window = publishWindowOf(link);
  const room = window.enter(message.payload.length);
  if (room === undefined && link.status === 'connected') return send(link, window, message, expiresAt);
  return publishLater(link, window, message, { room, expiresAt });
}

async function publishLater(
  link: NatsLink,
  window: PublishWindow,
  message: Encoded,
  { room, expiresAt }: { room: Promise<void> | undefined; expiresAt: number },
): Promise<Published> {
  await room;
  try {
    const left = expiresAt - performance.now();
    if (room !== undefined && left <= 0)
      throw new ResourceExhausted(`too many publishes wait for their streams: ${message.subject} was not sent`);
    if (link.status !== 'connected') await whenConnected(link, left, undefined, `publishing to ${message.subject}`);
  } catch (error) {
    window.leave(message.payload.length);
    throw error;
  }
  return send(link, window, message, expiresAt);
}

/** Leaves the window when it is answered, or not any more. */
function send(link: NatsLink, window: PublishWindow, message: Encoded, expiresAt: number): Promise<Published> {
  const { subject, payload } = message;
  return new Promise((resolve, reject) => {
    const answer = new StoredAnswer(subject, resolve, reject, () => window.leave(payload.length));
    const left = expiresAt - performance.now();
    const reply = replyInboxOf(link).expect(answer, Math.max(Math.min(ANSWER_MS, left), 1));
    try {
      connectionOf(link).publish(subject, payload, { reply, headers: headersOf(message) });
    } catch (error) {
      answer.leave();
      reject(error);
    }
  });
}

function headersOf({ messageId, correlationId, headers }: Encoded): MsgHdrs {
  const id = `${Header.MessageId}: ${oneLine(messageId)}\r\n`;
  if (headers === undefined) return callHeaders({ correlationId, deadline: undefined }, id);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${oneLine(value)}\r\n`);
  return HeaderBlock.of(lines.join('') + id);
}

/** What the server would refuse is refused here, at once: it would close the connection of all over it. @throws {PayloadTooLarge} */
export function requireFits(link: NatsLink, { subject, payload }: Pick<StoredMessage, 'subject' | 'payload'>): void {
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const limit = link.maxPayload - HEADER_BYTES;
  if (bytes <= limit) return;
  throw new PayloadTooLarge(
    `a message of ${bytes} bytes to ${subject} is larger than the ${limit} that the server takes: store what is large as an artifact and send its reference`,
    { details: { bytes, limit } },
  );
}

function publishError(subject: string, withinMs: number, cause: unknown): AetError {
  if (cause instanceof AetError) return cause;
  if (cause instanceof Denied) {
    return new Forbidden(`the NATS server does not let this user publish to ${subject}: ${cause.message}`, { cause });
  }
  if (cause instanceof JetStreamApiError && cause.code === TOO_LARGE) {
    return new PayloadTooLarge(`the message to ${subject} is larger than its stream takes`, { cause });
  }
  if (!(cause instanceof NoAnswer)) return jetStreamError(cause, `publishing to ${subject}`);
  return new Unavailable(
    `no stream took ${subject} within ${withinMs} ms (${cause.message}); it may have been stored all the same`,
    { cause },
  );
}
