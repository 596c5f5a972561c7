import { type DeadLetter, TASK_SCHEMA_VERSION } from '@aet/contracts';
import type { WorkIdentity } from './jetstream-work-queue.js';
import type { StreamMessage } from './stream-message.js';

/** So much of a message is kept; a letter must fit into a message itself. Bytes. */
const KEPT_BYTES = 256 * 1024;

export interface Refusal {
  reason: DeadLetter['reason'];
  message: string;
}

export function deadLetterOf(message: StreamMessage, refusal: Refusal, by: WorkIdentity, at: Date): DeadLetter {
  return {
    v: TASK_SCHEMA_VERSION,
    reason: refusal.reason,
    message: refusal.message.slice(0, 10_000),
    at: at.toISOString(),
    by: { cell: by.cell, host: by.host, instance: by.instance },
    subject: message.subject,
    deliveries: message.deliveries,
    original: originalOf(message),
  };
}

/** One message, one letter, however often it is written. */
export const deadLetterId = (message: StreamMessage): string => `${message.subject}:${message.sequence}`;

/** What is too large is cut; it is no JSON any more then. */
function originalOf(message: StreamMessage): DeadLetter['original'] {
  const asIs = { base64: Buffer.from(message.data.subarray(0, KEPT_BYTES)).toString('base64') };
  if (message.data.length > KEPT_BYTES) return asIs;
  try {
    return { json: message.json() };
  } catch {
    return asIs;
  }
}
