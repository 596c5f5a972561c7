import { InternalError, RunEventType, type StoredRunEvent } from '@aet/contracts';
import type { RunLog } from '../run-log.js';
import type { Submitted } from './task-message.js';

/** What tasks and facts of a run need of its submit. */
export interface RunOrigin {
  cell: string;
  epoch: number;
  correlationId: string;
  workflow: string;
  /** Some of its steps run one after the other by key. */
  ordered: boolean;
}

export const originOf = ({ cell, epoch, correlationId, workflow }: Submitted['data']): RunOrigin => ({
  cell,
  epoch,
  correlationId,
  workflow: workflow.name,
  ordered: Object.values(workflow.steps).some(({ orderKey }) => orderKey !== undefined),
});

/** The origins of the runs that move, at hand: some hundred bytes each. The log is asked for the others. */
export class RunOrigins {
  private readonly known = new Map<string, RunOrigin>();

  constructor(
    private readonly log: RunLog,
    private readonly capacity = 50_000,
  ) {}

  learn(events: readonly StoredRunEvent[]): void {
    for (const event of events) {
      if (event.type === RunEventType.Submitted) this.keep(event.runId, originOf(event.data));
      if (event.type === RunEventType.Adopted) this.forget(event.runId);
    }
  }

  /** Its owner changed. */
  forget(runId: string): void {
    this.known.delete(runId);
  }

  /** Undefined: ask the log, by `of`. */
  peek(runId: string): RunOrigin | undefined {
    return this.known.get(runId);
  }

  async of(runId: string): Promise<RunOrigin> {
    const known = this.known.get(runId);
    if (known !== undefined) return known;
    const [first] = await this.log.read(runId, 0, 1);
    if (first?.type !== RunEventType.Submitted) throw new InternalError(`the log of run ${runId} does not begin with its submit`);
    return this.keep(runId, { ...originOf(first.data), ...(await this.log.ownerOf(runId)) });
  }

  /** The one that came first goes first: a map keeps its entries in the order in which they came. */
  private keep(runId: string, origin: RunOrigin): RunOrigin {
    this.known.set(runId, origin);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= this.capacity) break;
      this.known.delete(oldest);
    }
    return origin;
  }
}
