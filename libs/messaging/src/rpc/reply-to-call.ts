import { InternalError, NoResponders, type RemoteError } from '@aet/contracts';
import type { Msg } from '@nats-io/nats-core';
import { errorInReply } from './service-error.js';

/** What a reply says. An empty one is `undefined`. @throws {NoResponders} {RemoteError} {InternalError} what came is not JSON. */
export function readReply(message: Msg, subject: string): unknown {
  const error = failureIn(message, subject);
  if (error !== undefined) throw error;
  return parseReply(message, subject);
}

/** The body of a reply that is no error. @throws {InternalError} it is not JSON. */
export function parseReply(message: Msg, subject: string): unknown {
  if (message.data.length === 0) return undefined;
  try {
    return message.json();
  } catch (cause) {
    throw new InternalError(`${subject} answered what is not JSON`, { cause });
  }
}

/** The server's word that nobody listens, or the other side's error. */
export function failureIn(message: Msg, subject: string): NoResponders | RemoteError | undefined {
  // Asking for the headers parses them: a reply that is no error has none.
  const { headers } = message;
  if (headers === undefined) return undefined;
  if (headers.code === 503 && message.data.length === 0) {
    return new NoResponders(`nobody answers ${subject}: the service is down, not yet up, or not in that cell`);
  }
  return errorInReply(message, subject);
}
