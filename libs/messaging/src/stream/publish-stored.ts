import { type AetError, PayloadTooLarge, Unavailable } from '@aet/contracts';
import { retrying } from '@aet/resilience';
import { JetStreamApiError, jetstream } from '@nats-io/jetstream';
import { PermissionViolationError } from '@nats-io/nats-core';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { whenConnected } from '../connection/when-connected.js';
import { jetStreamError } from '../jetstream/jetstream-error.js';
import { outgoingHeaders } from '../rpc/outgoing-headers.js';
import type { Published } from '../work-queue.js';

export interface StoredMessage {
  subject: string;
  payload: Uint8Array | string;
  /** The same id twice inside the server's window is stored once, so a repetition after a lost answer does no harm. */
  messageId: string;
  correlationId?: string | undefined;
  /** Longest time for all tries together, in milliseconds. Default 10,000: a restart of the server fits in. */
  withinMs?: number;
}

/** Longest wait for one answer of the stream. Milliseconds. */
const ANSWER_MS = 2_000;

/** Room that the headers of a message may take. Bytes. */
const HEADER_BYTES = 2_048;

/** Code of JetStream's API for a message that is larger than its stream takes. Source: nats-server `server/errors.json`. */
const TOO_LARGE = 10054;

/**
 * Publishes into a stream and waits for the stream's word that it has the message. Repeats what got no answer.
 * @throws {Unavailable} no answer in time: it may be stored; {ResourceExhausted} no room now; {PayloadTooLarge}; {Forbidden}.
 */
export async function publishStored(link: NatsLink, message: StoredMessage): Promise<Published> {
  requireFits(link, message);
  const withinMs = message.withinMs ?? 10_000;
  const expiresAt = performance.now() + withinMs;
  const left = (): number => expiresAt - performance.now();
  const headers = outgoingHeaders({ correlationId: message.correlationId });
  const attempt = async (): Promise<Published> => {
    await whenConnected(link, left(), undefined, `publishing to ${message.subject}`);
    const ack = await jetstream(connectionOf(link)).publish(message.subject, message.payload, {
      msgID: message.messageId,
      headers,
      timeout: Math.max(Math.min(ANSWER_MS, left()), 1),
    });
    return { sequence: ack.seq, duplicate: ack.duplicate };
  };
  try {
    return await retrying(attempt, { initialMs: 50, maxMs: 500, retryable: (error) => isWorthRepeating(error) && left() > 0 });
  } catch (error) {
    throw publishError(message.subject, withinMs, error);
  }
}

/** What the server would refuse is refused here, at once: it would close the connection of all over it. */
function requireFits(link: NatsLink, { subject, payload }: StoredMessage): void {
  const bytes = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const limit = link.maxPayload - HEADER_BYTES;
  if (bytes <= limit) return;
  throw new PayloadTooLarge(
    `a message of ${bytes} bytes to ${subject} is larger than the ${limit} that the server takes: store what is large as an artifact and send its reference`,
    { details: { bytes, limit } },
  );
}

const isWorthRepeating = (error: unknown): boolean =>
  !(error instanceof JetStreamApiError) && !(error instanceof PermissionViolationError) && !(error instanceof Unavailable);

function publishError(subject: string, withinMs: number, cause: unknown): AetError {
  if (cause instanceof Unavailable) return cause;
  if (cause instanceof JetStreamApiError && cause.code === TOO_LARGE) {
    return new PayloadTooLarge(`the message to ${subject} is larger than its stream takes`, { cause });
  }
  if (!isWorthRepeating(cause)) return jetStreamError(cause, `publishing to ${subject}`);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Unavailable(`no stream took ${subject} within ${withinMs} ms (${reason}); it may have been stored all the same`, {
    cause,
  });
}
