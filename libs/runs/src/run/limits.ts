import { LARGEST_PAYLOAD_BYTES } from '@aet/contracts';

/**
 * What goes over the wire as one value, in bytes of JSON. A NATS message holds 1 MiB; half of it leaves room for the envelope.
 * Larger values of a run lie in the object store, with a reference in their place.
 */
export const PAYLOAD_LIMIT_BYTES = 512 * 1024;

/** Characters of one expression. */
export const EXPRESSION_LIMIT = 2000;

/** Steps of evaluation that one expression, or all of one template together, may take: some 200 ms. Enough to filter and reshape 100,000 elements. */
export const EVALUATION_LIMIT = 2_000_000;

/** The same of all expressions that one command makes a run evaluate: some two seconds, in which a replica does nothing else. */
export const DECISION_LIMIT = 20_000_000;

/** Tasks of one fan-out. */
export const FAN_OUT_LIMIT = 100_000;

/** A value that is deeper has no size that fits: steps that put the output of the one before into theirs could pile up levels until no stack holds them. */
const DEEPEST_VALUE = 256;

/** Size of a value as JSON, counted only until it passes `limit`: a small expression can name one large value many times. */
export function jsonBytes(value: unknown, limit = Number.MAX_SAFE_INTEGER, depth = 0): number {
  if (typeof value === 'string') return value.length > limit ? value.length : Buffer.byteLength(JSON.stringify(value));
  if (typeof value !== 'object' || value === null) return String(value).length;
  if (depth > DEEPEST_VALUE) return Number.MAX_SAFE_INTEGER;
  return Array.isArray(value) ? listBytes(value, limit, depth) : objectBytes(value as Record<string, unknown>, limit, depth);
}

function listBytes(list: readonly unknown[], limit: number, depth: number): number {
  let bytes = 2;
  for (const inner of list) {
    bytes += 1 + jsonBytes(inner, limit - bytes, depth + 1);
    if (bytes > limit) return bytes;
  }
  return bytes;
}

function objectBytes(value: Readonly<Record<string, unknown>>, limit: number, depth: number): number {
  let bytes = 2;
  for (const key of Object.keys(value)) {
    bytes += jsonBytes(key) + 2 + jsonBytes(value[key], limit - bytes, depth + 1);
    if (bytes > limit) return bytes;
  }
  return bytes;
}

/** Values that were found to fit. States and scopes are never changed in place, so one look is enough. */
const fitting = new WeakSet<object>();

/** Whether one message carries the value: at most `PAYLOAD_LIMIT_BYTES` as JSON. */
export function isPayload(value: unknown): boolean {
  const shared = typeof value === 'object' && value !== null;
  if (shared && fitting.has(value)) return true;
  const fits = jsonBytes(value ?? null, PAYLOAD_LIMIT_BYTES) <= PAYLOAD_LIMIT_BYTES;
  if (shared && fits) fitting.add(value);
  return fits;
}

const carried = new WeakSet<object>();

/** Whether a run may carry the value, in its log or in the object store. A character has six bytes as JSON at most. */
export function isCarried(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= LARGEST_PAYLOAD_BYTES / 6 || jsonBytes(value) <= LARGEST_PAYLOAD_BYTES;
  if (typeof value !== 'object' || value === null || carried.has(value)) return true;
  const fits = jsonBytes(value, LARGEST_PAYLOAD_BYTES) <= LARGEST_PAYLOAD_BYTES;
  if (fits) carried.add(value);
  return fits;
}
