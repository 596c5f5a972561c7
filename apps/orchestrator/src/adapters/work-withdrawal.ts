import type { Priority } from '@aet/contracts';
import type { StopNotices, WorkQueue } from '@aet/messaging';
import type { Log } from '@aet/telemetry';
import { WorkStopper } from '../application/cell-ports.js';

export class WorkWithdrawal extends WorkStopper {
  constructor(
    private readonly queue: Pick<WorkQueue, 'withdraw'>,
    private readonly stops: StopNotices,
    private readonly cell: string,
    private readonly log: Log,
  ) {
    super();
  }

  async stop(runId: string, tasks: readonly { capability: string; priority: string; streamSequence: number }[]): Promise<void> {
    for (const { capability, priority, streamSequence } of tasks) {
      // A host that gets it all the same asks whose the run is, or its result is refused.
      await this.queue
        .withdraw({ capability, priority: priority as Priority }, streamSequence)
        .catch((error: unknown) => this.log.warn('a task of a lost run could not be withdrawn', { runId, err: error }));
    }
    this.stops.publish({ runId, at: new Date().toISOString() }, this.cell);
  }
}
