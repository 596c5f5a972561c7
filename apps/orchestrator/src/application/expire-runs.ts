import type { RunList } from '@aet/persistence';
import { decide } from '@aet/runs';
import type { Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

/** Runs of one round; the next round takes more. */
const PAGE = 500;

/** Ends runs that are over their workflow's `timeout`. Every replica may do it: the log takes the first. Asks only for those whose time is over. */
export class ExpireRuns {
  constructor(
    private readonly store: RunStore,
    private readonly list: RunList,
    private readonly surroundings: Surroundings,
  ) {}

  async execute(): Promise<void> {
    const overdue = await this.list.overdue(this.surroundings.circumstances().now, PAGE);
    await Promise.all(overdue.map((runId) => this.expire(runId)));
  }

  private async expire(runId: string): Promise<void> {
    const circumstances = this.surroundings.circumstances();
    await this.store.update(runId, (state) => {
      const events = decide(state, { kind: 'expire' }, circumstances);
      return { events, certain: events.length > 0 };
    });
  }
}
