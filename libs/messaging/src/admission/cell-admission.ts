import {
  type CapabilityControl,
  LONGEST_DELAY_MS,
  type PermitClaim,
  type Placement,
  QueueKey,
  type RateLimit,
  type TaskMessage,
  attemptId,
  toErrorBody,
} from '@aet/contracts';
import { backoffCeilingMs, pause, retrying } from '@aet/resilience';
import { Logger } from '@nestjs/common';
import type { Admission, Verdict } from '../jetstream/admission.js';
import type { KeyValueChange, KeyValueStore } from '../kv/key-value-store.js';
import { FinishedTasks } from './finished-tasks.js';
import { PermitSource } from './permit-source.js';
import { ServerClock } from './server-clock.js';
import { delayOf } from './task-delay.js';

const logger = new Logger('CellAdmission');

/** A task of a paused capability that was on its way when the pause came is offered again after this. Milliseconds. */
const PAUSED_AGAIN_MS = 1_000;
/** A task for another host is offered again after this, doubled with each offer, up to the second. Milliseconds. */
const MISPLACED_AGAIN = { initialMs: 250, maxMs: 1_000 };
const OPEN_AGAIN = { initialMs: 200, maxMs: 5_000 };
/** Hosts that wait for the same permit must not all ask in the same moment. */
const SPREAD = 0.25;

export type QueueEntry = CapabilityControl | PermitClaim;
/** Why a task was not begun. */
export type HeldBack = 'paused' | 'rate' | 'not-before' | 'misplaced' | 'done-before';

export interface CellAdmissionOptions {
  /** The bucket `QUEUE`. */
  store: KeyValueStore<QueueEntry>;
  /** By capability, as configured. An operator's word wins. */
  rates: Readonly<Record<string, RateLimit>>;
  /** Whether a task that may be a repetition is over, as its owner knows. Not asked for others. Without an answer the task begins. */
  settled?: (task: TaskMessage) => Promise<boolean>;
  /** Whether a task that asks for a place may be done on this host. Default: all may. */
  isPlacedHere?: (placement: Placement) => boolean;
  onHeldBack?: (task: TaskMessage, why: HeldBack) => void;
  /** Unix milliseconds. */
  now?: () => number;
}

/**
 * What a cell allows, as its bucket `QUEUE` says: every host watches it. Until it was read once, nothing is taken: a capability that was paused
 * must not run because a host started.
 */
export class CellAdmission implements Admission, AsyncDisposable {
  private readonly listeners = new Set<() => void>();
  private readonly controls = new Map<string, CapabilityControl>();
  private readonly permits = new Map<string, PermitSource>();
  private readonly clock = new ServerClock();
  private readonly finished = new FinishedTasks();
  private readonly ended = new AbortController();
  private readonly opened: Promise<void>;
  private readonly wakeUps = new Map<string, NodeJS.Timeout>();
  private watch: AsyncDisposable | undefined;
  private known = false;

  constructor(private readonly options: CellAdmissionOptions) {
    this.opened = this.open();
  }

  mayTake(capability: string, wanted: number): number {
    if (!this.known || this.isPaused(capability)) return 0;
    const limit = this.limitOf(capability);
    if (limit === undefined) return wanted;
    const source = this.source(capability);
    const room = source.available(limit, wanted);
    if (room === 0) this.wakeUp(capability, source.waitMs(limit));
    return room;
  }

  async admit(task: TaskMessage, deliveries: number): Promise<Verdict> {
    if (!this.known || this.isPaused(task.capability)) return this.later(task, 'paused', PAUSED_AGAIN_MS);
    const delay = delayOf(task.notBefore, deliveries, (this.options.now ?? Date.now)(), LONGEST_DELAY_MS);
    if (delay > 0) return this.later(task, 'not-before', delay);
    if (task.placement !== undefined && this.options.isPlacedHere?.(task.placement) === false)
      return this.later(task, 'misplaced', backoffCeilingMs(deliveries, MISPLACED_AGAIN));
    if (await this.isOver(task, deliveries)) {
      this.options.onHeldBack?.(task, 'done-before');
      return { kind: 'done-before' };
    }
    const limit = this.limitOf(task.capability);
    if (limit === undefined) return { kind: 'begin' };
    const grant = await this.source(task.capability).take(limit);
    if (grant.kind === 'later') return this.later(task, 'rate', grant.afterMs);
    await pause(Math.max(0, grant.permit.from - performance.now()));
    if (performance.now() > grant.permit.until) return this.later(task, 'rate', 0);
    return { kind: 'begin' };
  }

  /** The task was done here: a copy of it is not done again. */
  taskEnded(task: TaskMessage): void {
    this.finished.add(attemptId(task));
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ended.abort();
    for (const timer of this.wakeUps.values()) clearTimeout(timer);
    await this.opened;
    await this.watch?.[Symbol.asyncDispose]();
  }

  /** The bucket whole, then what changes. */
  private async open(): Promise<void> {
    const { store } = this.options;
    try {
      await retrying(
        async () => {
          for (const entry of await store.list()) this.learn({ kind: 'put', entry });
          this.watch ??= await store.watch((change) => this.learn(change));
        },
        {
          ...OPEN_AGAIN,
          signal: this.ended.signal,
          onRetry: (error) =>
            logger.warn(`the cell's word on the queue cannot be read, and nothing is taken: ${toErrorBody(error).message}`),
        },
      );
      this.known = true;
      this.changed();
    } catch {
      // Disposed before the bucket could be read.
    }
  }

  private learn(change: KeyValueChange<QueueEntry>): void {
    const key = change.kind === 'put' ? change.entry.key : change.key;
    const about = QueueKey.parse(key);
    if (about === undefined) return;
    if (about.kind === 'permits') this.learnPermits(about.capability, change as KeyValueChange<PermitClaim>);
    else if (change.kind === 'put') this.controls.set(about.capability, change.entry.value as CapabilityControl);
    else this.controls.delete(about.capability);
    if (about.kind === 'control' && this.known) this.changed();
  }

  private learnPermits(capability: string, change: KeyValueChange<PermitClaim>): void {
    const source = this.source(capability);
    if (change.kind === 'deleted') return source.forget(change.revision);
    this.clock.learn(change.entry.writtenAt, performance.now());
    source.learn(change.entry);
  }

  private isPaused(capability: string): boolean {
    return this.controls.get(capability)?.paused !== undefined;
  }

  private limitOf(capability: string): RateLimit | undefined {
    const limit = this.controls.get(capability)?.rate?.limit ?? this.options.rates[capability];
    return limit === 'unlimited' ? undefined : limit;
  }

  private source(capability: string): PermitSource {
    const known = this.permits.get(capability);
    if (known !== undefined) return known;
    const store = this.options.store as KeyValueStore<PermitClaim>;
    const source = new PermitSource(capability, store, this.clock, () => performance.now());
    this.permits.set(capability, source);
    return source;
  }

  private async isOver(task: TaskMessage, deliveries: number): Promise<boolean> {
    if (this.finished.has(attemptId(task))) return true;
    if (deliveries === 1 && task.repeated === undefined) return false;
    return (await this.options.settled?.(task)) ?? false;
  }

  private later(task: TaskMessage, why: HeldBack, afterMs: number): Verdict {
    this.options.onHeldBack?.(task, why);
    return { kind: 'later', afterMs };
  }

  private wakeUp(capability: string, afterMs: number): void {
    if (this.wakeUps.has(capability) || this.ended.signal.aborted) return;
    const timer = setTimeout(
      () => {
        this.wakeUps.delete(capability);
        this.changed();
      },
      Math.ceil(afterMs * (1 + Math.random() * SPREAD)) + 1,
    );
    this.wakeUps.set(capability, timer);
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
