import { crc32 } from 'node:zlib';

/**
 * The durable read position of a segment: which of its records a stream has. A mark is `offset u32 · CRC-32 u32`, salted as the segment
 * is, so that marks can never count for another one. Each mark has its place, so a torn one spoils no other; a lost mark means that a
 * record is published once more, under its message id.
 */
export const MARK_BYTES = 8;

export function encodeMarks(offsets: readonly number[], salt: number): Buffer {
  const out = Buffer.allocUnsafe(offsets.length * MARK_BYTES);
  for (const [index, offset] of offsets.entries()) {
    out.writeUInt32BE(offset, index * MARK_BYTES);
    out.writeUInt32BE(crc32(out.subarray(index * MARK_BYTES, index * MARK_BYTES + 4), salt), index * MARK_BYTES + 4);
  }
  return out;
}

/** What is torn or damaged is left out. */
export function decodeMarks(bytes: Buffer, salt: number): Set<number> {
  const offsets = new Set<number>();
  for (let at = 0; at + MARK_BYTES <= bytes.length; at += MARK_BYTES) {
    if (crc32(bytes.subarray(at, at + 4), salt) === bytes.readUInt32BE(at + 4)) offsets.add(bytes.readUInt32BE(at));
  }
  return offsets;
}
