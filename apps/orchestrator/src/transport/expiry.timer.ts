import { pause } from '@aet/resilience';
import { DrainSequence } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { ExpireRuns } from '../application/expire-runs.js';
import type { RecordReadiness } from '../application/ports.js';

/** Looks for runs that are over their time, again and again while the service runs. */
export class ExpiryTimer implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();

  constructor(
    private readonly expire: ExpireRuns,
    private readonly record: RecordReadiness,
    private readonly drain: DrainSequence,
    private readonly everyMs: number,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const rounds = this.rounds();
    this.drain.on('stop-intake', () => {
      this.stopping.abort();
      return rounds;
    });
  }

  private async rounds(): Promise<void> {
    if (!(await this.record.prepared())) return;
    while (!this.stopping.signal.aborted) {
      await this.expire
        .execute()
        .catch((error: unknown) => this.log.warn('runs could not be checked for their timeout', { err: error }));
      await pause(this.everyMs, this.stopping.signal);
    }
  }
}
