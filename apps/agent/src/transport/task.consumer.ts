import type { TaskMessage } from '@aet/contracts';
import { type Admission, type Delivery, type Outcome, type WorkConsumer, WorkConsumers } from '@aet/messaging';
import { retrying } from '@aet/resilience';
import { DrainSequence, HealthBoard, WorkLoad } from '@aet/service-kit';
import { correlation, Log } from '@aet/telemetry';
import type { OnApplicationBootstrap } from '@nestjs/common';
import type { PerformTask } from '../application/perform-task.js';

const AGAIN = { initialMs: 200, maxMs: 5_000 };

export interface TaskIntake {
  cell: string;
  capabilities: readonly string[];
  slots: number;
  /** What the cell allows. */
  admission: Admission;
  /** Longest wait for tasks in hand when the host stops. */
  drainMs: number;
  /** Called when nothing is in hand any more. */
  onDrained: () => Promise<void>;
}

/** Takes tasks from the cell's queue as long as the host runs, each under its own correlation id. */
export class TaskConsumer implements OnApplicationBootstrap {
  private readonly stopping = new AbortController();
  private intake: Promise<WorkConsumer | undefined> = Promise.resolve(undefined);
  private busy = 0;

  constructor(
    private readonly consumers: WorkConsumers,
    private readonly performer: PerformTask,
    private readonly options: TaskIntake,
    private readonly health: HealthBoard,
    private readonly load: WorkLoad,
    private readonly drain: DrainSequence,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.load.set(0, this.options.slots);
    this.intake = this.open();
    let drained: Promise<void> = Promise.resolve();
    this.drain.on('stop-intake', () => {
      this.stopping.abort();
      drained = this.intake.then((consumer) => consumer?.drain(this.options.drainMs)).then(this.options.onDrained);
      return Promise.resolve();
    });
    this.drain.on('finish', () => drained);
  }

  /** A queue that is not there yet, or a server that is away, is tried again; the host is not ready meanwhile. */
  private async open(): Promise<WorkConsumer | undefined> {
    const { cell, capabilities, slots, admission } = this.options;
    const handler = (delivery: Delivery<TaskMessage>) => this.take(delivery);
    try {
      const consumer = await retrying(() => this.consumers.tasks({ cell, capabilities, slots, admission, handler }), {
        ...AGAIN,
        signal: this.stopping.signal,
        onRetry: (error) =>
          this.health.report('tasks', `the task queue cannot be read: ${(error as Error).message}`, { unready: true }),
      });
      this.health.clear('tasks');
      return consumer;
    } catch (error) {
      if (!this.stopping.signal.aborted) throw error;
      return undefined;
    }
  }

  private async take(delivery: Delivery<TaskMessage>): Promise<Outcome> {
    const { runId, correlationId, capability, step, attempt } = delivery.message;
    this.load.set(++this.busy, this.options.slots);
    try {
      return await correlation.run({ correlationId, runId }, async () => {
        const outcome = await this.performer.perform(delivery);
        this.log.info('task ended on this host', {
          capability,
          step,
          attempt,
          deliveries: delivery.deliveries,
          outcome: outcome.kind,
        });
        return outcome;
      });
    } finally {
      this.load.set(--this.busy, this.options.slots);
    }
  }
}
