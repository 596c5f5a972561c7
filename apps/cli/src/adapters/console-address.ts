import type { RunningFleet } from './running-fleet.js';

export interface FleetAddresses {
  /** Signs in once, within ten minutes. */
  console: string;
  api: string;
}

/** A fleet that has just become ready answers at once; one in trouble must not hold a command up. Milliseconds. */
const LIMIT_MS = 2_000;

/** Where people find the fleet; undefined when its gateway does not answer. */
export async function consoleAddress(fleet: RunningFleet): Promise<FleetAddresses | undefined> {
  try {
    const { url } = await fleet.gateway({ patienceMs: LIMIT_MS, signal: AbortSignal.timeout(LIMIT_MS) }).consoleLink();
    return { console: url, api: new URL('/v1', url).href };
  } catch {
    return undefined;
  }
}
