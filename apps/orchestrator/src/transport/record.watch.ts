import { pause } from '@aet/resilience';
import { DrainSequence, HealthBoard } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { MaintainRecord } from '../application/maintain-record.js';
import type { RecordReadiness } from '../application/ports.js';

/** Between two rounds of maintenance. Milliseconds. */
const EVERY_MS = 60_000;

/** Looks after partitions and archive, again and again while the service runs. */
export class RecordWatch implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();

  constructor(
    private readonly maintain: MaintainRecord,
    private readonly record: RecordReadiness,
    private readonly health: HealthBoard,
    private readonly drain: DrainSequence,
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
    await this.attempt(() => this.maintain.begin());
    while (!this.stopping.signal.aborted) {
      await this.attempt(() => this.maintain.round(this.stopping.signal));
      await pause(EVERY_MS, this.stopping.signal);
    }
  }

  /** Runs go on without it: it is told, and tried again at the next round. */
  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.health.clear('record');
    } catch (error) {
      this.log.warn('the record could not be looked after', { err: error });
      this.health.report('record', `the record could not be looked after: ${(error as Error).message}`);
    }
  }
}
