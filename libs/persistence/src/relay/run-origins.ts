import { InternalError, RunEventType, type StoredRunEvent } from '@aet/contracts';
import type { RunLog } from '../run-log.js';
import type { Submitted } from './task-message.js';

/** What each run was submitted with, at hand for the runs that move: its tasks and facts all need it. The log is asked for the others. */
export class RunOrigins {
  private readonly known = new Map<string, Submitted['data']>();

  constructor(
    private readonly log: RunLog,
    private readonly capacity = 2_000,
  ) {}

  learn(events: readonly StoredRunEvent[]): void {
    for (const event of events) if (event.type === RunEventType.Submitted) this.keep(event.runId, event.data);
  }

  async of(runId: string): Promise<Submitted['data']> {
    const known = this.known.get(runId);
    if (known !== undefined) return this.keep(runId, known);
    const [first] = await this.log.read(runId, 0, 1);
    if (first?.type !== RunEventType.Submitted) throw new InternalError(`the log of run ${runId} does not begin with its submit`);
    return this.keep(runId, first.data);
  }

  /** The one that was not asked for longest goes first: a map keeps its entries in the order in which they came. */
  private keep(runId: string, data: Submitted['data']): Submitted['data'] {
    this.known.delete(runId);
    this.known.set(runId, data);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.capacity) break;
      this.known.delete(oldest);
    }
    return data;
  }
}
