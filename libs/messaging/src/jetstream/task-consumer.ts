import { Priority } from '@aet/contracts';
import { pause } from '@aet/resilience';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { WorkConsumer } from '../work-consumer.js';
import { Acknowledgements } from './acknowledgements.js';
import type { Admission } from './admission.js';
import { type Pace, observed, tasksAhead, unknownPace } from './pace.js';
import type { Pick as Kind } from './scheduler.js';
import type { StreamMessage } from './stream-message.js';
import { TaskInHand, type TaskTerms } from './task-in-hand.js';
import { TaskIntake, type TaskRoom } from './task-intake.js';

/** A task that waits for a slot longer than this waits behind a task that is longer than the pace said: others get it. Milliseconds. */
const STALE_MS = 100;

export interface TaskConsumerOptions extends Omit<TaskTerms, 'acknowledgements'> {
  cell: string;
  capabilities: readonly string[];
  slots: number;
  admission: Admission;
  /** How often the server is told of what is in hand. Milliseconds. */
  workingMs: number;
}

interface Waiting {
  message: StreamMessage;
  capability: string;
  since: number;
}

/**
 * Runs tasks in slots; its intake asks for what fits. One slot more is kept for critical tasks. Where tasks are very short, a few milliseconds of
 * work may wait here for a slot; all else waits in the stream, where any host can have it.
 *
 * taking → (drain) → draining → drained. Only `taking` asks for tasks.
 */
export class TaskConsumer extends WorkConsumer implements TaskRoom {
  private readonly running = new Map<TaskInHand, Promise<void>>();
  /** Came ahead of a slot; critical ones apart. */
  private readonly waiting: Waiting[] = [];
  private readonly waitingCritical: Waiting[] = [];
  private readonly paces = new Map<string, Pace>();
  private readonly acknowledgements: Acknowledgements;
  private readonly terms: TaskTerms;
  private readonly intake: TaskIntake;
  private readonly pulse: NodeJS.Timeout;
  private stale: NodeJS.Timeout | undefined;
  private draining = false;
  private drained: Promise<void> | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly options: TaskConsumerOptions,
  ) {
    super();
    this.acknowledgements = new Acknowledgements(link);
    this.terms = { ...options, acknowledgements: this.acknowledgements };
    const { namespace } = options.identity;
    this.intake = new TaskIntake(link, { ...options, namespace }, this);
    this.pulse = setInterval(() => this.working(), options.workingMs);
  }

  get busy(): number {
    return this.running.size;
  }
  get free(): number {
    return this.options.slots - this.running.size - this.waiting.length - this.waitingCritical.length;
  }
  ahead(capability: string): number {
    return tasksAhead(this.paces.get(capability) ?? unknownPace, this.options.slots);
  }

  take(message: StreamMessage, { priority, capability }: Kind, asked: boolean): void {
    // A host that was held up for longer than the server's patience gets its own task once more: whoever is at it goes on, and no one else begins.
    if (message.deliveries > 1 && this.isInHand(message)) return message.working();
    if (this.draining || (!asked && this.free <= 0)) return message.again(0);
    const line = priority === Priority.Critical ? this.waitingCritical : this.waiting;
    line.push({ message, capability, since: performance.now() });
    this.beginWaiting();
    if (line.length > 0) this.stale ??= setTimeout(() => this.giveStaleBack(), STALE_MS);
  }

  drain(graceMs: number): Promise<void> {
    this.drained ??= this.drainOnce(graceMs);
    return this.drained;
  }

  private async drainOnce(graceMs: number): Promise<void> {
    this.draining = true;
    clearTimeout(this.stale);
    this.giveWaitingBack();
    await this.intake.stop();
    const patience = new AbortController();
    await Promise.race([Promise.all(this.running.values()), pause(graceMs, patience.signal)]);
    patience.abort();
    clearInterval(this.pulse);
    for (const task of this.running.keys()) task.giveBack();
    this.intake.close();
    if (this.link.status !== 'connected') return;
    await this.acknowledgements.settled();
    // What was given back must be on its way before the caller closes the connection.
    await connectionOf(this.link)
      .flush()
      .catch(() => undefined);
  }

  /** Critical tasks first, one of them also beyond the slots. */
  private beginWaiting(): void {
    const { slots } = this.options;
    const next = (): Waiting | undefined =>
      (this.busy <= slots ? this.waitingCritical.shift() : undefined) ?? (this.busy < slots ? this.waiting.shift() : undefined);
    for (let waiting = next(); waiting !== undefined; waiting = next()) this.begin(waiting);
  }

  private begin({ message, capability }: Waiting): void {
    const task = new TaskInHand(message, this.terms);
    const ended = task.settle().then(() => {
      this.running.delete(task);
      if (task.tookMs !== undefined) {
        this.paces.set(capability, observed(this.paces.get(capability) ?? unknownPace, task.tookMs));
      }
      if (this.draining) return;
      this.beginWaiting();
      this.intake.fillSoon();
    });
    this.running.set(task, ended);
  }

  /** The pace was wrong for the tasks in the slots: nothing more comes ahead until it is known again. */
  private giveStaleBack(): void {
    this.stale = undefined;
    const since = Math.min(this.waiting[0]?.since ?? Infinity, this.waitingCritical[0]?.since ?? Infinity);
    if (since === Infinity) return;
    const left = STALE_MS - (performance.now() - since);
    if (left > 0) {
      this.stale = setTimeout(() => this.giveStaleBack(), left);
      return;
    }
    this.paces.clear();
    this.giveWaitingBack();
  }

  private giveWaitingBack(): void {
    for (const { message } of [...this.waitingCritical.splice(0), ...this.waiting.splice(0)]) message.again(0);
  }

  private isInHand({ sequence }: StreamMessage): boolean {
    const mine = [...this.running.keys(), ...this.waiting, ...this.waitingCritical];
    return mine.some(({ message }) => message.sequence === sequence);
  }

  private working(): void {
    for (const task of this.running.keys()) task.working();
  }
}
