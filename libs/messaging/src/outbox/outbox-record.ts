import { crc32 } from 'node:zlib';

/** A message as it waits on disk. */
export interface OutboxRecord {
  /** When it was accepted. Unix milliseconds. */
  at: number;
  messageId: string;
  subject: string;
  headers: Readonly<Record<string, string>>;
  payload: Uint8Array;
}

/**
 * `salt u32 · body length u32 · CRC-32 u32 · body`, big-endian. Each segment has a random salt of its own, which begins its records and its
 * checksums: nothing that a payload holds can look like a record of the segment that it lies in.
 */
const HEAD_BYTES = 12;
/** `at u48 · id length u16 · subject length u16 · headers length u32 · id · subject · headers as JSON · payload`. */
const FIXED_BYTES = 14;

interface Parts {
  id: Buffer;
  subject: Buffer;
  headers: Buffer;
}

const partsOf = ({ messageId, subject, headers }: Omit<OutboxRecord, 'payload' | 'at'>): Parts => ({
  id: Buffer.from(messageId),
  subject: Buffer.from(subject),
  headers: Buffer.from(JSON.stringify(headers)),
});

/** What it takes on disk. */
export function recordBytes(record: OutboxRecord): number {
  const { id, subject, headers } = partsOf(record);
  return HEAD_BYTES + FIXED_BYTES + id.length + subject.length + headers.length + record.payload.length;
}

export function encodeRecord(record: OutboxRecord, salt: number): Buffer {
  const { id, subject, headers } = partsOf(record);
  const bodyBytes = FIXED_BYTES + id.length + subject.length + headers.length + record.payload.length;
  const out = Buffer.allocUnsafe(HEAD_BYTES + bodyBytes);
  out.writeUInt32BE(salt, 0);
  out.writeUInt32BE(bodyBytes, 4);
  let at = HEAD_BYTES;
  at = out.writeUIntBE(record.at, at, 6);
  at = out.writeUInt16BE(id.length, at);
  at = out.writeUInt16BE(subject.length, at);
  at = out.writeUInt32BE(headers.length, at);
  for (const part of [id, subject, headers, record.payload]) {
    out.set(part, at);
    at += part.length;
  }
  out.writeUInt32BE(checksum(out, 0, bodyBytes), 8);
  return out;
}

/** Over salt, length and body. */
function checksum(bytes: Buffer, offset: number, bodyBytes: number): number {
  const begun = crc32(bytes.subarray(offset, offset + 8));
  return crc32(bytes.subarray(offset + HEAD_BYTES, offset + HEAD_BYTES + bodyBytes), begun);
}

/** The record that begins there, with the bytes that it takes; undefined when none does, or not all of it is there. */
export function decodeRecord(bytes: Buffer, offset: number, salt: number): { record: OutboxRecord; length: number } | undefined {
  if (bytes.length - offset < HEAD_BYTES + FIXED_BYTES || bytes.readUInt32BE(offset) !== salt) return undefined;
  const bodyBytes = bytes.readUInt32BE(offset + 4);
  if (bodyBytes < FIXED_BYTES || bodyBytes > bytes.length - offset - HEAD_BYTES) return undefined;
  if (checksum(bytes, offset, bodyBytes) !== bytes.readUInt32BE(offset + 8)) return undefined;
  const body = bytes.subarray(offset + HEAD_BYTES, offset + HEAD_BYTES + bodyBytes);
  return { record: recordOf(body), length: HEAD_BYTES + bodyBytes };
}

function recordOf(body: Buffer): OutboxRecord {
  let from = FIXED_BYTES;
  const next = (length: number): Buffer => body.subarray(from, (from += length));
  const messageId = next(body.readUInt16BE(6)).toString();
  const subject = next(body.readUInt16BE(8)).toString();
  const headers = JSON.parse(next(body.readUInt32BE(10)).toString()) as Record<string, string>;
  return { at: body.readUIntBE(0, 6), messageId, subject, headers, payload: body.subarray(from) };
}

export interface FoundRecord {
  record: OutboxRecord;
  offset: number;
  length: number;
}

export interface SegmentScan {
  records: FoundRecord[];
  /** Stretches between records that are none. What follows the last record is not among them: see `end`. */
  damaged: { offset: number; length: number }[];
  /** Behind the last good record. What lies beyond was torn while it was written, or is damaged. */
  end: number;
}

/** All good records of a segment. Behind damage it goes on at the next place where a whole record begins. */
export function scanSegment(bytes: Buffer, salt: number): SegmentScan {
  const mark = Buffer.allocUnsafe(4);
  mark.writeUInt32BE(salt);
  const scan: SegmentScan = { records: [], damaged: [], end: 0 };
  for (let offset = bytes.indexOf(mark); offset !== -1;) {
    const found = decodeRecord(bytes, offset, salt);
    if (found === undefined) {
      offset = bytes.indexOf(mark, offset + 1);
      continue;
    }
    if (offset > scan.end) scan.damaged.push({ offset: scan.end, length: offset - scan.end });
    scan.records.push({ ...found, offset });
    scan.end = offset + found.length;
    offset = bytes.indexOf(mark, scan.end);
  }
  return scan;
}
