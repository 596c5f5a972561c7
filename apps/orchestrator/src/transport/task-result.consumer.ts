import { type WorkConsumer, WorkConsumers } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import { DrainSequence, HealthBoard } from '@aet/service-kit';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { ApplyResults } from '../application/apply-results.js';
import type { RecordReadiness } from '../application/ports.js';

const AGAIN = { initialMs: 200, maxMs: 5000 };
/** Results taken at once: they share the commits of the log. */
const BATCH = 512;

/** Takes results from the cell's stream as long as the service runs, beginning when there is a log to write them to. */
export class TaskResultConsumer implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();
  private intake: Promise<WorkConsumer | undefined> = Promise.resolve(undefined);

  constructor(
    private readonly consumers: WorkConsumers,
    private readonly results: ApplyResults,
    private readonly record: RecordReadiness,
    private readonly health: HealthBoard,
    private readonly drain: DrainSequence,
    private readonly drainMs: number,
  ) {}

  onApplicationBootstrap(): void {
    this.intake = this.open();
    this.drain.on('stop-intake', async () => {
      this.stopping.abort();
      await (await this.intake)?.drain(this.drainMs);
    });
  }

  /** A stream that is not there yet, or a server that is away, is tried again; the service is not ready meanwhile. */
  private async open(): Promise<WorkConsumer | undefined> {
    if (!(await this.record.prepared())) return undefined;
    try {
      const consumer = await retrying(
        () => this.consumers.results({ batch: BATCH, handler: (batch) => this.results.execute(batch) }),
        {
          ...AGAIN,
          signal: this.stopping.signal,
          onRetry: (error) =>
            this.health.report('results', `the stream of results cannot be read: ${(error as Error).message}`, { unready: true }),
        },
      );
      this.health.clear('results');
      return consumer;
    } catch (error) {
      if (!this.stopping.signal.aborted) throw error;
      return undefined;
    }
  }
}
