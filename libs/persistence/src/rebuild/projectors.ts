import { dispatchProjector } from './dispatch-projector.js';
import { childProjector, timerProjector } from './duty-projectors.js';
import { listProjector } from './list-projector.js';
import type { Projector } from './projector.js';

/** Every table that follows from the log, run by run. The counts follow from the list. */
// Each has rows of its own kind, which only it makes and takes.
export const PROJECTORS: readonly Projector<never>[] = [
  listProjector,
  dispatchProjector,
  timerProjector,
  childProjector,
] as unknown as readonly Projector<never>[];

/** Fills the counts from the list of the same schema. */
export const countsFromList = (schema: string): string => `
INSERT INTO ${schema}.run_count (workflow, status, shard, runs)
SELECT workflow, status, 0, count(*) FROM ${schema}.run_list GROUP BY workflow, status`;
