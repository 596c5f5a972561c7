import { BackgroundLoop, DrainSequence } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { FireSchedules } from '../application/fire-schedules.js';
import type { RecordReadiness } from '../application/ports.js';

/** Looks for schedules whose time has come, again and again while the service runs. */
export class ScheduleTimer implements OnApplicationBootstrap {
  constructor(
    private readonly schedules: FireSchedules,
    private readonly record: RecordReadiness,
    private readonly drain: DrainSequence,
    private readonly everyMs: number,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const round = async (): Promise<number> => {
      await this.schedules.execute();
      return this.everyMs;
    };
    const onError = (error: unknown): void => this.log.warn('schedules could not be looked at', { err: error });
    const prepared = (): Promise<boolean> => this.record.prepared();
    new BackgroundLoop({ round, againMs: this.everyMs, onError, prepared }).start(this.drain);
  }
}
