/** A value of a run that is too large for its log: it lies in the object store `PAYLOADS` of the run's cell, under its checksum, as JSON. */
export interface PayloadRef {
  $payload: {
    /** Of the JSON text, hex. */
    sha256: string;
    bytes: number;
    cell: string;
  };
}

/** Values whose JSON is larger than this go to the object store. */
export const INLINE_PAYLOAD_BYTES = 256 * 1024;

/** A value whose JSON is larger than this is refused: it belongs in an artifact, or a file. */
export const LARGEST_PAYLOAD_BYTES = 16 * 1024 * 1024;

export const isPayloadRef = (value: unknown): value is PayloadRef => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
  const { $payload: ref } = value as { $payload?: unknown };
  if (typeof ref !== 'object' || ref === null) return false;
  const { sha256, bytes, cell } = ref as Record<string, unknown>;
  return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && Number.isSafeInteger(bytes) && typeof cell === 'string';
};
