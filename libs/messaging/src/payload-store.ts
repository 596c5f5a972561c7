import type { PayloadRef } from '@aet/contracts';

/** A value as it lies there. */
export interface StoredPayload {
  sha256: string;
  bytes: number;
}

/**
 * A value that is put again is written again when it is older than this, so that it counts as new: what is about to be referred to is not taken for
 * forgotten. Milliseconds.
 */
export const PAYLOAD_FRESH_MS = 30 * 60 * 1_000;

/**
 * Values of runs that are too large for their log, under the checksum of their JSON text. `put` resolves when all of it is stored; the same text again
 * soon after is a no-op. A reader checks the text against the reference: a damaged value is an error, never another value.
 */
export abstract class PayloadStore {
  /** @throws {PayloadTooLarge} over `LARGEST_PAYLOAD_BYTES` */
  abstract put(text: string): Promise<PayloadRef>;
  /** @throws {NotFound} @throws {InternalError} when it is damaged */
  abstract get(sha256: string): Promise<string>;
  /** Those that were last put before then, in no order. @param before Unix milliseconds */
  abstract storedBefore(before: number): Promise<StoredPayload[]>;
  /** Unless it was put again since. What is not there is no error. False: it stays. */
  abstract remove(sha256: string, before: number): Promise<boolean>;
}
