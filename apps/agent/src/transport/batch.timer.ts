import type { BatchDesk } from '@aet/executors';
import { pause } from '@aet/resilience';
import { DrainSequence, HealthBoard } from '@aet/service-kit';
import type { Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';

/** Longest wait for the round at hand when the host stops: whatever it was at, another host takes up. Milliseconds. */
const PATIENCE_MS = 2_000;

/** Looks again and again for batches that are due, as long as the host runs and has the key for it. */
export class BatchTimer implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();

  constructor(
    /** Undefined: this host does no batches. */
    private readonly desk: BatchDesk | undefined,
    private readonly tickMs: number,
    private readonly health: HealthBoard,
    private readonly drain: DrainSequence,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    const { desk } = this;
    if (desk === undefined) return;
    const rounds = this.rounds(desk);
    this.drain.on('stop-intake', async () => {
      this.stopping.abort();
      await Promise.race([rounds, pause(PATIENCE_MS)]);
    });
  }

  private async rounds(desk: BatchDesk): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const more = await this.round(desk);
      if (!more) await pause(this.tickMs, signal);
    }
  }

  private async round(desk: BatchDesk): Promise<boolean> {
    try {
      const more = await desk.round(this.stopping.signal);
      this.health.clear('batches');
      return more;
    } catch (error) {
      if (this.stopping.signal.aborted) return false;
      this.health.report('batches', `batches of the model's provider are not looked after: ${(error as Error).message}`);
      this.log.warn('a round of the batch desk failed', { err: error });
      return false;
    }
  }
}
