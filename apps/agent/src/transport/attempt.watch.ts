import type { Subscription, StopNotices } from '@aet/messaging';
import { BackgroundLoop, type DrainSequence } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { AttemptsInHand } from '../application/attempts-in-hand.js';
import type { EndUnwanted } from '../application/end-unwanted.js';

/** Between two questions about what runs for long. Milliseconds. */
const ASK_MS = 3_000;

/** Hears what is to be stopped, and asks about what runs for long. */
export class AttemptWatch implements OnApplicationBootstrap {
  private readonly loop: BackgroundLoop;
  private subscription: Subscription | undefined;

  constructor(
    private readonly notices: StopNotices,
    private readonly attempts: AttemptsInHand,
    end: EndUnwanted,
    private readonly drain: DrainSequence,
    private readonly log: Log,
  ) {
    this.loop = new BackgroundLoop({
      round: async () => {
        this.told(await end.execute(), 'their owner does not wait for them any more');
        return ASK_MS;
      },
      againMs: ASK_MS,
      onError: (error) => log.warn('what runs for long could not be asked about', { err: error }),
    });
  }

  onApplicationBootstrap(): void {
    this.subscription = this.notices.onStop((notice) => this.told(this.attempts.stop(notice), 'they were stopped', notice.runId));
    this.loop.start(this.drain);
    // Attempts may still run while the host drains: they can be stopped until then.
    this.drain.on('finish', async () => this.subscription?.close());
  }

  private told(count: number, why: string, runId?: string): void {
    if (count > 0) this.log.info(`attempts end early: ${why}`, { count, ...(runId === undefined ? {} : { runId }) });
  }
}
