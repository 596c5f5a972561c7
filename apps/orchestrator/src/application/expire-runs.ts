import { RunStatus, type RunSummary } from '@aet/contracts';
import type { RunList } from '@aet/persistence';
import { decide, deadlineOf } from '../domain/run.decide.js';
import type { Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

const PAGE = 500;

/** Ends runs that are over their workflow's `timeout`. Every replica may do it: the log takes the first. */
export class ExpireRuns {
  /** Deadlines of running runs, in unix milliseconds: a run is read once, not at every round. */
  private deadlines = new Map<string, number>();

  constructor(
    private readonly store: RunStore,
    private readonly list: RunList,
    private readonly surroundings: Surroundings,
  ) {}

  async execute(): Promise<void> {
    const running = await this.running();
    const deadlines = new Map<string, number>();
    for (const { runId } of running) deadlines.set(runId, this.deadlines.get(runId) ?? (await this.deadline(runId)));
    this.deadlines = deadlines;
    const now = this.surroundings.circumstances().now.getTime();
    for (const [runId, deadline] of deadlines) if (deadline <= now) await this.expire(runId);
  }

  private async running(): Promise<RunSummary[]> {
    const found: RunSummary[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.list.list({ status: RunStatus.Running, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      found.push(...page.runs);
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }

  private async deadline(runId: string): Promise<number> {
    const state = await this.store.recent(runId);
    return (state === undefined ? undefined : deadlineOf(state)) ?? Infinity;
  }

  private async expire(runId: string): Promise<void> {
    const circumstances = this.surroundings.circumstances();
    await this.store.update(runId, (state) => ({ events: decide(state, { kind: 'expire' }, circumstances), certain: true }));
  }
}
