import { isRunEnded, type RunStatesKnown, type RunStatus } from '@aet/contracts';
import { pause } from '@aet/resilience';

/** Runs that are asked for at once. */
const PAGE = 500;

export interface BatchEnds {
  /** How many ended so; `unknown`: the fleet does not know them any more. */
  byStatus: Partial<Record<RunStatus | 'unknown', number>>;
  open: number;
}

/** Looks until all runs have ended. @throws what `signal` was aborted with */
export async function followBatch(
  source: { states(runIds: string[]): Promise<RunStatesKnown> },
  runIds: Iterable<string>,
  options: { everyMs: number; signal: AbortSignal; onLook: (ends: BatchEnds) => void },
): Promise<BatchEnds> {
  const open = new Set(runIds);
  const byStatus: BatchEnds['byStatus'] = {};
  for (;;) {
    const asked = [...open];
    for (let first = 0; first < asked.length; first += PAGE) {
      options.signal.throwIfAborted();
      const page = asked.slice(first, first + PAGE);
      const { states } = await source.states(page);
      for (const runId of page) {
        const status = states[runId] ?? 'unknown';
        if (status !== 'unknown' && !isRunEnded(status)) continue;
        open.delete(runId);
        byStatus[status] = (byStatus[status] ?? 0) + 1;
      }
    }
    const ends = { byStatus, open: open.size };
    options.onLook(ends);
    if (open.size === 0) return ends;
    await pause(options.everyMs, options.signal);
  }
}
