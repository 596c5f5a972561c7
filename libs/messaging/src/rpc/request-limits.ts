import { PayloadTooLarge } from '@aet/contracts';

/**
 * Of all headers of one message. Ours are under 500 bytes, and more than a trace and a few names has no place there: they are searched for each
 * name that is asked for. Their number is bounded by it, too. Bytes.
 */
export const MAX_HEADER_BYTES = 8_192;

/** @throws {PayloadTooLarge} */
export function requireHeaderRoom(bytes: number, subject: string): void {
  if (bytes <= MAX_HEADER_BYTES) return;
  throw new PayloadTooLarge(
    `the headers of a message on ${subject} have ${bytes} bytes, at most ${MAX_HEADER_BYTES} are read: send them in the body`,
  );
}
