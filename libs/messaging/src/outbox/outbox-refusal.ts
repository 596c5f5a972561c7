import { ResourceExhausted, Unavailable } from '@aet/contracts';

/** No room on the disk, for this user, or in one file. */
const NO_SPACE: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What is taken of the room that a message may use. Bytes. */
export interface Room {
  bytes: number;
  limit: number;
  /** Messages that wait. */
  records: number;
}

export const outboxFull = (folder: string, room: Room): ResourceExhausted =>
  new ResourceExhausted(
    `the outbox ${folder} is full: ${room.records} messages wait for NATS in ${room.bytes} of ${room.limit} bytes. Bring NATS back, or raise outbox.maxBytes`,
    { details: room },
  );

/** A write that the disk did not take, as an error of ours. */
export function writeRefused(folder: string, cause: unknown): ResourceExhausted | Unavailable {
  const { code, message } = cause as NodeJS.ErrnoException;
  return NO_SPACE.has(code)
    ? new ResourceExhausted(`the disk of the outbox ${folder} is full (${code}): free some space, or bring NATS back`, { cause })
    : new Unavailable(`the outbox ${folder} cannot be written (${message}), and NATS is away`, { cause });
}
