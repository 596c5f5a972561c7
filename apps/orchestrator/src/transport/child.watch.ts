import { isRunEnd, type RunEvent, RunEventType, type StoredRunEvent } from '@aet/contracts';
import { projectChildren, type RunLog } from '@aet/persistence';
import { BackgroundLoop, type DrainSequence } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { EndChildren } from '../application/end-children.js';
import type { LaunchChildren } from '../application/launch-children.js';
import type { RecordReadiness } from '../application/ports.js';
import type { RunStore } from '../application/run-store.js';
import type { TendChildren } from '../application/tend-children.js';

/** Errands at once; what comes beyond is left to the next round, which finds it in the table. */
const AT_ONCE = 1_000;

/** After these, sub-runs of the run are to be cancelled, or to follow it. */
const CONCERNS_CHILDREN: ReadonlySet<RunEvent['type']> = new Set([
  RunEventType.Failed,
  RunEventType.Cancelled,
  RunEventType.Compensating,
  RunEventType.StepConcluded,
  RunEventType.Prioritized,
]);

export interface ChildDuties {
  store: Pick<RunStore, 'recent'>;
  launch: LaunchChildren;
  ends: EndChildren;
  tend: TendChildren;
}

/** Sees to sub-runs: at once for what this process commits, and again and again for what the table says is still to be done. */
export class ChildWatch implements OnApplicationBootstrap {
  private readonly loop: BackgroundLoop;
  private readonly errands = new Set<Promise<void>>();

  constructor(
    private readonly runs: RunLog,
    private readonly duties: ChildDuties,
    record: RecordReadiness,
    private readonly drain: DrainSequence,
    everyMs: number,
    private readonly log: Log,
  ) {
    this.loop = new BackgroundLoop({
      round: async () => ((await duties.tend.execute()) ? 0 : everyMs),
      againMs: everyMs,
      onError: (error) => log.warn('sub-runs could not be looked for', { err: error }),
      prepared: () => record.prepared(),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.drain);
    this.runs.onCommitted((runId, events) => this.committed(runId, events));
    this.drain.on('finish', async () => void (await Promise.all(this.errands)));
  }

  private committed(runId: string, events: readonly StoredRunEvent[]): void {
    if (this.drain.draining) return;
    for (const child of projectChildren(events).requested) {
      const waitMs = child.notBefore - Date.now();
      if (waitMs > 0) this.loop.wakeWithin(waitMs + 1);
      else this.run(() => this.duties.launch.execute(child));
    }
    if (events.some(isRunEnd)) this.run(() => this.duties.ends.tell(runId));
    if (events.some(({ type }) => CONCERNS_CHILDREN.has(type))) this.run(() => this.wakeForChildren(runId));
  }

  private async wakeForChildren(runId: string): Promise<void> {
    const state = await this.duties.store.recent(runId);
    const calls = Object.values(state?.workflow.steps ?? {}).some(({ workflow }) => workflow !== undefined);
    if (calls) this.loop.wakeWithin(0);
  }

  private run(errand: () => Promise<void>): void {
    if (this.errands.size >= AT_ONCE) return this.loop.wakeWithin(0);
    // A turn later the states have what was committed.
    const running = new Promise<void>((resolve) => setImmediate(resolve))
      .then(errand)
      // The next round finds what is still to be done.
      .catch((error: unknown) => this.log.debug('a sub-run could not be seen to at once', { err: error }))
      .finally(() => this.errands.delete(running));
    this.errands.add(running);
  }
}
