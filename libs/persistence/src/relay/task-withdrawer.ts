import type { WorkQueue } from '@aet/messaging';
import type { DispatchTable } from '../dispatch-table.js';
import { Coalesced } from './coalesced.js';
import type { RelayListener } from './relay-listener.js';

/** Tasks of one round; the sweeper's next round takes more. */
const ROWS = 1_000;
/** Questions to the stream at once. */
const TOGETHER = 16;

/**
 * Takes tasks out of the stream that nobody waits for any more: those of a run that was cancelled or failed, and of a fan-out that has enough. They
 * stand in a table since the commit that said so; what a host has is told to that host instead.
 */
export class TaskWithdrawer {
  private readonly work: Coalesced;

  constructor(
    private readonly table: DispatchTable,
    private readonly queue: Pick<WorkQueue, 'withdraw'>,
    listener: RelayListener,
  ) {
    this.work = new Coalesced(
      () => this.round(),
      (error) => listener.retrying?.('withdrawing tasks that are not wanted any more', error, 0),
    );
  }

  ask(): void {
    this.work.ask();
  }

  stop(): Promise<void> {
    return this.work.stop();
  }

  private async round(): Promise<void> {
    const rows = await this.table.unwanted(ROWS);
    for (let i = 0; i < rows.length && !this.work.stopped; i += TOGETHER) {
      const part = rows.slice(i, i + TOGETHER);
      await Promise.all(part.map((row) => this.queue.withdraw(row, row.streamSequence)));
      await this.table.withdrawn(part.map(({ streamSequence }) => streamSequence));
    }
  }
}
