import type { PayloadRef } from '@aet/contracts';

/**
 * Values of runs that are too large for their log, under the checksum of their JSON text. `put` resolves when all of it is stored; the same text again
 * is a no-op. A reader checks the text against the reference: a damaged value is an error, never another value.
 */
export abstract class PayloadStore {
  /** @throws {PayloadTooLarge} over `LARGEST_PAYLOAD_BYTES` */
  abstract put(text: string): Promise<PayloadRef>;
  /** @throws {NotFound} @throws {InternalError} when it is damaged */
  abstract get(sha256: string): Promise<string>;
}
