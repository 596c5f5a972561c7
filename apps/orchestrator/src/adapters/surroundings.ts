import { v7 as uuidv7 } from 'uuid';
import type { Surroundings } from '../application/ports.js';

/** The real ones. */
export const surroundings: Surroundings = {
  circumstances: () => ({ now: new Date(), random: Math.random }),
  newRunId: () => uuidv7(),
};
