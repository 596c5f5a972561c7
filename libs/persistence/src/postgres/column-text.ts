import { createHash } from 'node:crypto';

/** A `text` column takes neither NUL nor half a surrogate pair. Columns that are only filtered by lose them; the `json` beside keeps the exact value. */
export const columnText = (value: string): string => value.toWellFormed().replaceAll('\0', '\uFFFD');

/** An idempotency key as its unique index knows it: any string, of any length, exactly. SHA-256, hex. */
export const keyHash = (idempotencyKey: string): string =>
  createHash('sha256').update(JSON.stringify(idempotencyKey)).digest('hex');
