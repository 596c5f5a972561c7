/** How long the tasks of a capability took lately on this host. */
export interface Pace {
  /** Moving average. Milliseconds. */
  meanMs: number;
  /** Observations since it began anew. */
  seen: number;
}

export const unknownPace: Pace = { meanMs: 0, seen: 0 };

/** Work that a host may have waiting beyond its slots, to hide the way to the server and back. Milliseconds for each slot. */
export const AHEAD_MS = 4;
/** So many tasks say how long the next one takes. */
const ENOUGH = 8;
/** A longer task than usual weighs more than a shorter one: it is the one that others would wait behind. */
const WEIGHT_UP = 0.3;
const WEIGHT_DOWN = 0.05;
/** Most tasks ahead, whatever the pace: one slot may have these, many slots as many as there are slots up to a limit. */
const FEW = 16;
const MANY = 128;

export function observed({ meanMs, seen }: Pace, tookMs: number): Pace {
  const weight = seen < ENOUGH ? 1 / (seen + 1) : tookMs > meanMs ? WEIGHT_UP : WEIGHT_DOWN;
  return { meanMs: meanMs + (tookMs - meanMs) * weight, seen: seen + 1 };
}

/** Tasks that may be asked for beyond the slots: at most a few milliseconds of work, and none where one task takes longer than that. */
export function tasksAhead({ meanMs, seen }: Pace, slots: number): number {
  if (seen < ENOUGH || meanMs > AHEAD_MS) return 0;
  const most = Math.min(Math.max(slots, FEW), MANY);
  return meanMs === 0 ? most : Math.min(Math.floor((slots * AHEAD_MS) / meanMs), most);
}
