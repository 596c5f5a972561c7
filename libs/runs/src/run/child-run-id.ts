import { createHash } from 'node:crypto';
import { type AttemptRef, attemptId } from '@aet/contracts';

/** Runs below one that nobody called. */
export const CHILD_DEPTH_LIMIT = 16;

/** The id of the sub-run that does an attempt: a UUID of version 7 (RFC 9562) with the time of its request, and in place of chance a hash of the attempt. The same wherever it is asked. */
export function childRunId(parent: AttemptRef, requestedAt: Date): string {
  const bytes = createHash('sha256').update(attemptId(parent)).digest().subarray(0, 16);
  bytes.writeUIntBE(requestedAt.getTime(), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
