import { randomBytes } from 'node:crypto';

/** So many bytes are drawn at once: one draw costs as much as hundreds of slices. */
const POOL_BYTES = 4_096;

let pool = '';
let used = 0;

/** So many random hexadecimal digits from the system's source, for identifiers. Not for keys: the pool stays in memory. */
export function randomHex(digits: number): string {
  if (used + digits > pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
}
