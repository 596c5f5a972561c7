import { RunEventType, type StoredRunEvent } from '@aet/contracts';
import { approvalProjector } from './approval-projector.js';
import { dispatchProjector } from './dispatch-projector.js';
import { childProjector, timerProjector } from './duty-projectors.js';
import { listProjector } from './list-projector.js';
import type { Projector, RunFold } from './projector.js';
import type { ScannedHead } from './run-scan.js';

/** Every table that follows from the log, run by run. The counts follow from the list. */
// Each has rows of its own kind, which only it makes and takes.
export const PROJECTORS: readonly Projector<never>[] = [
  listProjector,
  dispatchProjector,
  timerProjector,
  childProjector,
  approvalProjector,
] as unknown as readonly Projector<never>[];

/**
 * The folds of a run in the order of the projectors, as the tables of `cell` have its rows: of a run that another cell adopted, that is its entry in the
 * list alone. Without a cell a run stays where it is.
 */
export function foldsOf(runId: string, head: ScannedHead | undefined, cell?: string): RunFold<unknown>[] {
  let left = false;
  return PROJECTORS.map((projector, index): RunFold<unknown> => {
    const fold: RunFold<unknown> = projector.fold(runId, head, cell);
    const isList = index === 0;
    return {
      add: (event) => {
        if (isList) left = isLeft(event, cell) ?? left;
        fold.add(event);
      },
      rows: () => (left && !isList ? [] : fold.rows()),
    };
  });
}

/** Whose the run is from this event on: another cell's, or this one's; undefined: as before. */
const isLeft = (event: StoredRunEvent, cell: string | undefined): boolean | undefined =>
  event.type === RunEventType.Adopted && cell !== undefined ? event.data.cell !== cell : undefined;

/** Fills the counts from the list of the same schema. */
export const countsFromList = (schema: string): string => `
INSERT INTO ${schema}.run_count (workflow, status, shard, runs)
SELECT workflow, status, 0, count(*) FROM ${schema}.run_list GROUP BY workflow, status`;
