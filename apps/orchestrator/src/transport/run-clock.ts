import { projectMoment, type RunLog } from '@aet/persistence';
import { BackgroundLoop, type DrainSequence } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { ExpireRuns } from '../application/expire-runs.js';
import type { RecordReadiness } from '../application/ports.js';
import { LOOK_MS, type TickRuns } from '../application/tick-runs.js';

/** Looks for runs whose time has come: at the next moment that is known, and at least once a second, since the machine's clock may be set. */
export class RunClock implements OnApplicationBootstrap {
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly runs: RunLog,
    tick: TickRuns,
    expire: ExpireRuns,
    record: RecordReadiness,
    private readonly drain: DrainSequence,
    log: Log,
  ) {
    this.loop = new BackgroundLoop({
      round: async () => {
        await expire.execute();
        return tick.execute();
      },
      againMs: LOOK_MS,
      onError: (error) => log.warn('runs whose time has come could not be looked for', { err: error }),
      prepared: () => record.prepared(),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start(this.drain);
    // A moment that is nearer than the next look is known to the process that commits it; for others the next look is soon enough.
    this.runs.onCommitted((_runId, events) => {
      const moment = projectMoment(events);
      if (moment !== undefined) this.loop.wakeWithin(moment.at - Date.now());
    });
  }
}
