/** Types of PostgreSQL by their OID. Source: catalog `pg_type`. */
const OID = { bool: 16, bytea: 17, int4: 23, text: 25 } as const;

/**
 * Columns as the binary form of PostgreSQL's arrays, for `unnest`: nothing is escaped here and nothing is parsed there, and most of what is
 * written is JSON, which is full of what would have to be escaped. Source: `array_recv`: dimensions, whether there are nulls, type,
 * then length and lower bound of the one dimension, then length (−1: null) and bytes of each element.
 */
export const textArray = (values: readonly (string | null)[]): Buffer => variable(values, OID.text, 'utf8');
/** @param values in hex */
export const byteaArray = (values: readonly (string | null)[]): Buffer => variable(values, OID.bytea, 'hex');

export function intArray(values: readonly number[]): Buffer {
  const out = Buffer.allocUnsafe(HEADER + 8 * values.length);
  let at = header(out, OID.int4, values.length);
  for (const value of values) {
    at = out.writeInt32BE(4, at);
    at = out.writeInt32BE(value, at);
  }
  return out.subarray(0, at);
}

export function boolArray(values: readonly boolean[]): Buffer {
  const out = Buffer.allocUnsafe(HEADER + 5 * values.length);
  let at = header(out, OID.bool, values.length);
  for (const value of values) {
    at = out.writeInt32BE(1, at);
    at = out.writeUInt8(value ? 1 : 0, at);
  }
  return out.subarray(0, at);
}

const HEADER = 20;

/** Without elements there is no dimension. */
function header(out: Buffer, oid: number, length: number): number {
  out.writeInt32BE(length === 0 ? 0 : 1, 0);
  out.writeInt32BE(1, 4);
  out.writeInt32BE(oid, 8);
  if (length === 0) return 12;
  out.writeInt32BE(length, 12);
  return out.writeInt32BE(1, 16);
}

function variable(values: readonly (string | null)[], oid: number, encoding: 'utf8' | 'hex'): Buffer {
  let bytes = HEADER;
  for (const value of values) bytes += 4 + (value === null ? 0 : Buffer.byteLength(value, encoding));
  const out = Buffer.allocUnsafe(bytes);
  let at = header(out, oid, values.length);
  for (const value of values) {
    if (value === null) {
      at = out.writeInt32BE(-1, at);
      continue;
    }
    const length = out.write(value, at + 4, encoding);
    out.writeInt32BE(length, at);
    at += 4 + length;
  }
  return out.subarray(0, at);
}
