import { v7 as uuidv7 } from 'uuid';
import { LoadedPayloads } from '../application/loaded-payloads.js';
import type { Surroundings } from '../application/ports.js';

/** Of this process: a value is the same whoever looked into it. */
export const loadedPayloads = new LoadedPayloads();

/** The real ones. */
export const surroundings: Surroundings = {
  circumstances: () => ({ now: new Date(), random: Math.random, payloads: loadedPayloads }),
  newRunId: () => uuidv7(),
};
