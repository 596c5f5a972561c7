import { InternalError, type RunEvent, StaleOwner, type TaskResult, UnsupportedVersion } from '@aet/contracts';
import type { LeftToOthers } from '@aet/messaging';
import type { Log } from '@aet/telemetry';
import { type Circumstances, decide, Draft, type RunState } from '@aet/runs';
import type { RefusalReason, RunMetrics, Surroundings } from './ports.js';
import { commandOf, refusalOf } from './result-command.js';
import type { Plan, RunStore } from './run-store.js';

interface ResultPlan extends Plan {
  events: RunEvent[];
  refused: RefusalReason[];
}

/** Takes results of attempts into their runs. A result may come again at any time: it counts once. */
export class ApplyResults {
  constructor(
    private readonly store: RunStore,
    private readonly metrics: RunMetrics,
    private readonly surroundings: Surroundings,
    private readonly log: Log,
  ) {}

  /**
   * Resolves when every result is in the log or refused for good, but for those that it returns: their runs are for replicas of a newer version.
   * Rejects when some could not be written now: then all may be given again.
   */
  async execute(batch: readonly TaskResult[]): Promise<LeftToOthers> {
    const runs = Map.groupBy(
      batch.filter((result) => this.isSound(result)),
      (result) => result.runId,
    );
    const left = new Set<TaskResult>();
    const outcomes = await Promise.allSettled([...runs].map(([runId, results]) => this.applyToRun(runId, results, left)));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return left;
  }

  private isSound(result: TaskResult): boolean {
    const reason = refusalOf(result);
    if (reason !== undefined) this.refuse(reason, 'a message that is no result of this version was dropped', {});
    return reason === undefined;
  }

  private async applyToRun(runId: string, results: readonly TaskResult[], left: Set<TaskResult>): Promise<void> {
    const circumstances = this.surroundings.circumstances();
    try {
      const { refused } = await this.store.update(runId, (state) => planFor(runId, state, results, circumstances));
      for (const reason of refused) this.refuse(reason, 'a result was refused', { runId });
    } catch (error) {
      if (error instanceof UnsupportedVersion) return results.forEach((result) => left.add(result));
      if (error instanceof StaleOwner)
        return results.forEach(() => this.refuse('stale-owner', 'a result was refused', { runId }));
      // One run whose log cannot be read must not hold up the results of all others.
      if (!(error instanceof InternalError)) throw error;
      for (const _ of results)
        this.refuse('broken-log', 'results of a run were dropped: its log cannot be written', { runId, err: error });
    }
  }

  private refuse(reason: RefusalReason, message: string, fields: Record<string, unknown>): void {
    this.metrics.refused(reason);
    if (reason === 'late-or-duplicate') this.log.debug(message, { reason, ...fields });
    else if (reason === 'broken-log') this.log.error(message, { reason, ...fields });
    else this.log.warn(message, { reason, ...fields });
  }
}

/** All results of one run as one append: each is decided on the state that the ones before it leave. */
function planFor(
  runId: string,
  state: RunState | undefined,
  results: readonly TaskResult[],
  circumstances: Circumstances,
): ResultPlan {
  if (state === undefined) return { events: [], certain: false, refused: results.map(() => 'unknown-run') };
  const draft = new Draft(runId, state, circumstances.now);
  const refused: RefusalReason[] = [];
  for (const result of results) {
    const stale = result.epoch !== state.epoch;
    const events = stale ? [] : decide(draft.state, commandOf(result), circumstances);
    if (events.length === 0) refused.push(stale ? 'stale-owner' : 'late-or-duplicate');
    for (const event of events) draft.record(event);
  }
  return { events: draft.events, certain: refused.length === 0, refused };
}
