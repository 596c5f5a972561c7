import { attemptId, Unavailable, UnsupportedVersion } from '@aet/contracts';
import { pause } from '@aet/resilience';
import type { OpenDispatch, PublishedTask } from '../dispatch-table.js';
import type { Relay } from './relay.js';
import type { RelayListener } from './relay-listener.js';
import type { Dispatch } from './task-dispatcher.js';
import { planRedispatch, planUnpublished, type SweepPolicy, worthAsking } from './sweep-plan.js';

export interface SweeperOptions extends Partial<SweepPolicy> {
  /** Between two rounds: `runs.sweepMs`. */
  sweepMs: number;
  now?: () => number;
  listener?: RelayListener;
}

/** Rows of one kind in one round; the next round takes more. */
const ROWS = 1_000;
/** Questions to the stream at once. */
const QUESTIONS = 16;
const EVENTS = 500;
/** A task is sent anew so often; ever more seldom, so the last time is minutes after the first. */
const RESENT_AT_MOST = 5;

/**
 * Compares what should have been published with what was, and publishes again what is missing. Any number of replicas may sweep:
 * they send under the same ids. The first round begins with `start`: it is what carries work over a crash.
 */
export class Sweeper implements AsyncDisposable {
  private readonly stopped = new AbortController();
  private readonly policy: SweepPolicy;
  private readonly now: () => number;
  private readonly goneSince = new Map<string, number>();
  private loop: Promise<void> | undefined;

  constructor(
    private readonly relay: Relay,
    private readonly options: SweeperOptions,
  ) {
    const { graceMs = 1_000, lingerMs = 10_000, patienceMs = 30_000, now = Date.now } = options;
    this.policy = { graceMs, lingerMs, patienceMs };
    this.now = now;
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Resolves when the round at hand has ended. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async run(): Promise<void> {
    const { sweepMs, listener } = this.options;
    while (!this.stopped.signal.aborted) {
      try {
        await this.round();
      } catch (error) {
        listener?.retrying?.('sweeping', error, sweepMs);
      }
      await pause(sweepMs, this.stopped.signal);
    }
  }

  /** One comparison; the loop calls it every `sweepMs`. Rejects when the log or the stream is away. */
  async round(): Promise<void> {
    const unpublished = await this.sweepUnpublished();
    const behind = await this.sweepFacts();
    this.relay.movePriorities();
    this.relay.withdrawUnwanted();
    const { waiting, redispatched } = await this.sweepLingering();
    this.options.listener?.swept?.({ unpublished, waiting, redispatched, behind });
  }

  /** Reads as far ahead as two rounds, so that a delayed task's timer is set in time. */
  private async sweepUnpublished(): Promise<number> {
    const now = this.now();
    const ahead = Math.max(2 * this.options.sweepMs, 10_000);
    const { table } = this.relay.ports;
    this.relay.giveTurns(await table.orderedKeys(ROWS));
    const rows = await table.unpublished(now + ahead, ROWS);
    const tasks = planUnpublished(rows, now, this.policy);
    for (const task of tasks) this.relay.dispatch(task);
    return tasks.filter(({ at }) => at <= now).length;
  }

  private async sweepFacts(): Promise<number> {
    const { cursor, log } = this.relay.ports;
    const runs = (await cursor.behind(this.policy.graceMs, ROWS)).filter(({ runId }) => !this.relay.busyTelling(runId));
    for (const { runId, told } of runs) {
      if (this.stopped.signal.aborted) break;
      const events = await log.read(runId, told, EVENTS).catch(orNoneIfNewer);
      if (events.length > 0) this.relay.retell(runId, events);
    }
    return runs.length;
  }

  private async sweepLingering(): Promise<{ waiting: number; redispatched: number }> {
    const { table, queue } = this.relay.ports;
    const asked = this.now();
    const before = asked - this.policy.lingerMs;
    const rows = worthAsking(await table.lingering(before, ROWS), asked, this.policy);
    const { held, gone } = await this.look(rows);
    // seen in the stream: as good as published now, and behind the others in the next round's order
    await table.markPublished(held, asked);
    this.remember(gone, asked);
    if (gone.length === 0) return { waiting: held.length, redispatched: 0 };
    const pendingResults = await queue.pendingResults();
    const stillOpen = new Set((await table.lingering(before, ROWS)).map(attemptId));
    const tasks = planRedispatch({ gone, goneSince: this.goneSince, pendingResults, stillOpen }, this.now(), this.policy);
    for (const task of tasks) this.resend(task);
    return { waiting: held.length, redispatched: tasks.length };
  }

  /** What goes from the stream again and again without a result is refused by hosts, not lost. */
  private resend(task: Dispatch): void {
    if (task.redispatches <= RESENT_AT_MOST) return this.relay.dispatch(task);
    const { eventSequence: _e, redispatches: _r, at: _a, priority: _p, ...ref } = task;
    const message = `its message went from the stream ${task.redispatches} times without a result: look at the dead letters with \`aet dlq ls\``;
    this.options.listener?.undeliverable?.(ref, new Unavailable(message));
  }

  private async look(rows: readonly OpenDispatch[]): Promise<{ held: Held[]; gone: OpenDispatch[] }> {
    const held: Held[] = [];
    const gone: OpenDispatch[] = [];
    for (let i = 0; i < rows.length && !this.stopped.signal.aborted; i += QUESTIONS) {
      const part = rows.slice(i, i + QUESTIONS);
      const answers = await Promise.all(part.map((row) => this.relay.ports.queue.holds(row.streamSequence ?? 0)));
      for (const [index, row] of part.entries()) {
        if (answers[index] === true)
          held.push({ ...row, streamSequence: row.streamSequence ?? 0, publishedAs: row.publishedAs ?? row.priority });
        else gone.push(row);
      }
    }
    return { held, gone };
  }

  private remember(gone: readonly OpenDispatch[], now: number): void {
    const ids = new Set(gone.map(attemptId));
    for (const id of this.goneSince.keys()) if (!ids.has(id)) this.goneSince.delete(id);
    for (const id of ids) if (!this.goneSince.has(id)) this.goneSince.set(id, now);
  }
}

/** What a newer version of AET wrote is told by a replica that can read it. */
function orNoneIfNewer(error: unknown): never[] {
  if (error instanceof UnsupportedVersion) return [];
  throw error;
}

type Held = OpenDispatch & PublishedTask;
