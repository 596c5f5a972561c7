import { retrying } from '@aet/resilience';
import { DrainSequence, HealthBoard } from '@aet/service-kit';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { HubFeed } from '../application/hub-feed.js';

const AGAIN = { initialMs: 200, maxMs: 5_000 };

/** Opens the hub's feed when the service starts, as often as it takes, and closes it when the service ends. */
export class HubListener implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();

  constructor(
    private readonly feed: HubFeed,
    private readonly health: HealthBoard,
    private readonly drain: DrainSequence,
  ) {}

  onApplicationBootstrap(): void {
    const opened = this.open();
    this.drain.on('finish', async () => {
      this.stopping.abort();
      await opened;
      await this.feed.stop();
    });
  }

  private async open(): Promise<void> {
    try {
      await retrying(() => this.feed.start(), {
        ...AGAIN,
        signal: this.stopping.signal,
        onRetry: (error) =>
          this.health.report('feed', `the streams cannot be read: ${(error as Error).message}`, { unready: true }),
      });
      this.health.clear('feed');
    } catch (error) {
      if (!this.stopping.signal.aborted) throw error;
    }
  }
}
