import { isRunEnded, type RunView } from '@aet/contracts';
import { pause } from '@aet/resilience';

/** Where a run can be looked at. A look survives the death of whoever answers it, or rejects for good. */
export interface RunSource {
  run(runId: string): Promise<RunView>;
}

export interface FollowOptions {
  runId: string;
  everyMs: number;
  signal: AbortSignal;
  /** At every look. */
  onView: (view: RunView) => void;
}

/** Looks until the run has ended. The run goes on by itself, whatever happens to the one who looks. @throws what `signal` was aborted with */
export async function followRun(source: RunSource, { runId, everyMs, signal, onView }: FollowOptions): Promise<RunView> {
  for (;;) {
    signal.throwIfAborted();
    const view = await source.run(runId);
    signal.throwIfAborted();
    onView(view);
    if (isRunEnded(view.status)) return view;
    await pause(everyMs, signal);
  }
}
