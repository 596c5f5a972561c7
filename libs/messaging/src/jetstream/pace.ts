/** How long the tasks of a capability took lately on this host. */
export interface Pace {
  /** Moving average. Milliseconds. */
  meanMs: number;
  /** Observations since it began anew. */
  seen: number;
}

export const unknownPace: Pace = { meanMs: 0, seen: 0 };

/** So long a task may wait for a slot that frees at the usual pace: it hides the way to the server and back. Milliseconds. */
export const AHEAD_MS = 4;
/** Longer tasks than these wait in the stream only, where any host can have them. Milliseconds. */
export const SHORT_MS = 16;
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

/** Tasks that may be asked for beyond the slots: as many as begin within a few milliseconds, and none where tasks are not short. */
export function tasksAhead({ meanMs, seen }: Pace, slots: number): number {
  if (seen < ENOUGH || meanMs > SHORT_MS) return 0;
  const most = Math.min(Math.max(slots, FEW), MANY);
  return meanMs === 0 ? most : Math.min(Math.floor((slots * AHEAD_MS) / meanMs), most);
}
