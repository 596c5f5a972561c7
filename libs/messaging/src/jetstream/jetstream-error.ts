import { type AetError, Forbidden, InternalError, NotFound, ResourceExhausted, Unavailable } from '@aet/contracts';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { PermissionViolationError } from '@nats-io/nats-core';

/** No room in the account, on the disk, in the server. Source: nats-server `server/errors.json`. */
const NO_ROOM: ReadonlySet<number> = new Set([10023, 10028, 10047, 10077]);
const NOT_THERE: ReadonlySet<number> = new Set([
  JetStreamApiCodes.StreamNotFound,
  JetStreamApiCodes.ConsumerNotFound,
  JetStreamApiCodes.NoMessageFound,
]);

/** The server has no message of that sequence any more. Source: nats-server `server/errors.json`: "sequence not found", and "message delete failed". */
const NO_SEQUENCE: ReadonlySet<number> = new Set([10043, 10057]);

export const isConsumerMissing = (cause: unknown): boolean =>
  cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.ConsumerNotFound;

/** A message that was to be removed was not there any more. */
export const isNotThere = (cause: unknown): boolean =>
  cause instanceof JetStreamApiError && (NOT_THERE.has(cause.code) || NO_SEQUENCE.has(cause.code));

/** What a question to JetStream's API ended with, as an error of ours. Without an answer it is `Unavailable`. */
export function jetStreamError(cause: unknown, what: string): AetError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof PermissionViolationError) {
    return new Forbidden(`${what}: the NATS server does not let this user use ${cause.subject}`, { cause });
  }
  if (!(cause instanceof JetStreamApiError)) return new Unavailable(`${what}: JetStream did not answer (${reason})`, { cause });
  if (NO_ROOM.has(cause.code))
    return new ResourceExhausted(`${what}: JetStream has no room (${reason}): free disk space`, { cause });
  if (NOT_THERE.has(cause.code)) return new NotFound(`${what}: ${reason}`, { cause });
  return new InternalError(`${what}: JetStream refuses (${reason})`, { cause, details: { errorCode: cause.code } });
}
