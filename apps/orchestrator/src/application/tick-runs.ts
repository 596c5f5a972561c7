import { StaleOwner, UnsupportedVersion } from '@aet/contracts';
import type { RunTimers } from '@aet/persistence';
import { decide, nextTickAt } from '@aet/runs';
import type { Log } from '@aet/telemetry';
import type { Surroundings } from './ports.js';
import type { RunStore } from './run-store.js';

/** Runs of one round; the next round takes more. */
const PAGE = 500;
/** The clock of the machine may be set: what is due is looked for at least so often. Milliseconds. */
export const LOOK_MS = 1_000;
/** A run whose time has come and that cannot be moved now, by this replica, is left alone for so long. Milliseconds. */
const AGAIN_MS = 10_000;
/** Beyond every event. */
const ALL = 2 ** 31 - 1;

/**
 * Lets happen in runs what was to wait for its time: their beginning, the ends of waits and of approvals. The moments stand in a table, so they hold
 * over restarts. Every replica does it; the log takes the first.
 */
export class TickRuns {
  /** Until when runs are left alone, in unix milliseconds. */
  private readonly failed = new Map<string, number>();

  constructor(
    private readonly timers: RunTimers,
    private readonly store: RunStore,
    private readonly surroundings: Surroundings,
    private readonly cell: string,
    private readonly log: Log,
    /** What happened so long after its moment, in milliseconds. */
    private readonly happened: (lateMs: number) => void = () => undefined,
  ) {}

  /** @returns after how long to look again, in milliseconds */
  async execute(): Promise<number> {
    const now = this.now();
    for (const [runId, until] of this.failed) if (until <= now) this.failed.delete(runId);
    const soon = await this.timers.next(now + LOOK_MS, PAGE + this.failed.size);
    const open = soon.filter(({ runId }) => !this.failed.has(runId));
    const due = open.filter(({ dueAt }) => dueAt <= now);
    const looked = await Promise.all(due.map(({ runId, dueAt }) => this.look(runId, dueAt)));
    await this.timers.settle(looked.flatMap((row) => row ?? []));
    if (due.length >= PAGE) return 0;
    const next = open.find(({ dueAt }) => dueAt > now);
    return next === undefined ? LOOK_MS : Math.max(0, next.dueAt - this.now());
  }

  /** What is left to wait for in the run; undefined: it could not be looked at. */
  private async look(runId: string, wasDueAt: number): Promise<{ runId: string; sequence: number; dueAt?: number } | undefined> {
    const circumstances = this.surroundings.circumstances();
    try {
      const { events: followed } = await this.store.update(runId, (state) => {
        const events = decide(state, { kind: 'tick' }, circumstances);
        return { events, certain: events.length > 0 };
      });
      if (followed.length > 0) this.happened(this.now() - wasDueAt);
      const state = await this.store.recent(runId);
      // Another cell's, or nobody's: nothing of it is ours to wait for.
      if (state?.cell !== this.cell) return { runId, sequence: ALL };
      const dueAt = nextTickAt(state);
      return { runId, sequence: state.sequence, ...(dueAt === undefined ? {} : { dueAt }) };
    } catch (error) {
      if (error instanceof StaleOwner) return { runId, sequence: ALL };
      this.failed.set(runId, this.now() + AGAIN_MS);
      // Replicas of the newer version have their own look.
      if (!(error instanceof UnsupportedVersion))
        this.log.warn('the time of a run has come and it could not be moved', { runId, err: error });
      return undefined;
    }
  }

  private now(): number {
    return this.surroundings.circumstances().now.getTime();
  }
}
