import type { HealthReport } from '@aet/contracts';
import type { EventBus } from '@aet/messaging';
import { pause } from '@aet/resilience';
import type { Log } from '@aet/telemetry';

/** Between two reports of an instance whose health does not change. Milliseconds. */
const EVERY_MS = 5_000;
const LAST_REPORT_MS = 200;

/** Tells the hubs how the instance is: at every change, and every five seconds. A report that cannot be sent is dropped: the next one says more. */
export class HealthReporter {
  private readonly timer: NodeJS.Timeout;
  private pending: Promise<void> | undefined;
  private again = false;

  constructor(
    private readonly bus: EventBus,
    private readonly report: () => HealthReport,
    private readonly log: Log,
  ) {
    this.timer = setInterval(() => this.tell(), EVERY_MS);
    this.timer.unref();
  }

  /** One report is under way at most; what changes meanwhile makes one more. */
  tell(): void {
    if (this.pending !== undefined) {
      this.again = true;
      return;
    }
    this.pending = this.bus
      .publishHealth(this.report())
      .catch((error: unknown) => this.log.debug('a health report was not sent', { err: error }))
      .finally(() => {
        this.pending = undefined;
        if (this.again) {
          this.again = false;
          this.tell();
        }
      });
  }

  /** The report that is under way may leave; a stream that does not take it is not waited for. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.again = false;
    if (this.pending !== undefined) await Promise.race([this.pending, pause(LAST_REPORT_MS)]);
  }
}
