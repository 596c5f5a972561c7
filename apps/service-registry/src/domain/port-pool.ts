/** Both ends inclusive. */
export interface PortRange {
  from: number;
  to: number;
}
export type PoolName = 'service' | 'km';
export type PortPools = Readonly<Record<PoolName, PortRange>>;

const contains = ({ from, to }: PortRange, port: number): boolean => port >= from && port <= to;

/** Whether a port belongs to the pool. The pool of the KMs lies inside that of the services, and is theirs alone. */
export const isInPool = (pools: PortPools, pool: PoolName, port: number): boolean =>
  contains(pools[pool], port) && (pool === 'km' || !contains(pools.km, port));

/** How many ports a pool has. */
export function poolSize(pools: PortPools, pool: PoolName): number {
  const size = ({ from, to }: PortRange): number => Math.max(0, to - from + 1);
  if (pool === 'km') return size(pools.km);
  const shared = { from: Math.max(pools.service.from, pools.km.from), to: Math.min(pools.service.to, pools.km.to) };
  return size(pools.service) - size(shared);
}

/**
 * The ports of a pool in the order in which to try them: the wanted one first and the pool from there on, else a walk that the seed gives
 * (double hashing). Different askers go different ways, so that two registries seldom try the same port at the same moment, however full
 * the pool; one asker always goes the same way, so that it meets its own grant again.
 */
export function* candidates(
  pools: PortPools,
  pool: PoolName,
  wish: { preferred?: number; seed: string },
): Generator<number, void, undefined> {
  const { from, to } = pools[pool];
  const { preferred } = wish;
  const width = to - from + 1;
  const wanted = preferred !== undefined && isInPool(pools, pool, preferred);
  if (preferred !== undefined && !wanted) yield preferred;
  const start = wanted ? preferred - from : hash(wish.seed) % width;
  const stride = wanted ? 1 : coprime(1 + (hash(`${wish.seed}#`) % Math.max(1, width - 1)), width);
  for (let offset = 0; offset < width; offset++) {
    const port = from + ((start + offset * stride) % width);
    if (isInPool(pools, pool, port)) yield port;
  }
}

/** The first number from `candidate` on that has no divisor in common with `width`: steps of that size reach every place. */
function coprime(candidate: number, width: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return divisor(candidate, width) === 1 ? candidate : coprime(candidate + 1, width);
}

/** FNV-1a, 32 bits, with the final mixing of MurmurHash3: neighbours in names become strangers. Not for secrets. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
