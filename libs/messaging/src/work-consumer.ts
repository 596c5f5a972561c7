import type { TaskMessage, TaskResult } from '@aet/contracts';
import type { Admission } from './jetstream/admission.js';

/** What a handler decided; one exhaustive switch in the consumer talks to JetStream. */
export type Outcome =
  /** The effect is recorded elsewhere (a result was published): acknowledge, and wait for the server's word on it. */
  | { kind: 'done' }
  /** Somebody else does it from here on, and that is recorded: acknowledge. Should it come again, it is new. */
  | { kind: 'done'; handedOver: true }
  /** Not now: offer it again after the delay, to any host. */
  | { kind: 'retry'; afterMs: number; reason: string }
  /** Never: to the dead letters first, then terminate. */
  | { kind: 'reject'; reason: 'poison' | 'unsupported-version' | 'no-agent' | 'attempts-exhausted'; message: string };

export interface Delivery<T> {
  message: T;
  /** From 1; above 1 it was offered before, and may have been done. */
  deliveries: number;
  /** Aborted when the consumer drains past its grace: stop, the message goes to another host. */
  signal: AbortSignal;
}

export interface WorkConsumerOptions {
  /** Cell whose tasks are taken. */
  cell: string;
  capabilities: readonly string[];
  /** Tasks at once. One more is kept for critical ones. */
  slots: number;
  handler: (delivery: Delivery<TaskMessage>) => Promise<Outcome>;
  /** What the cell allows beyond the slots of a host. Default: all. */
  admission?: Admission;
}

/**
 * Takes tasks only for free slots, the urgent first. While a handler runs, the consumer keeps telling the server so;
 * when this process dies, the message is offered elsewhere after `work.ackWaitMs`. A handler that throws counts as `retry`.
 * At least once: a handler must expect to see a message again.
 */
export abstract class WorkConsumer {
  abstract readonly busy: number;
  /** Stops taking, gives back what is not begun, waits up to `graceMs` for the rest, then aborts and gives back that too. */
  abstract drain(graceMs: number): Promise<void>;
}

/** Results of the batch that this replica does not take, and another may. */
export type LeftToOthers = ReadonlySet<TaskResult>;

export abstract class WorkConsumers {
  abstract tasks(options: WorkConsumerOptions): Promise<WorkConsumer>;
  /**
   * Results of this cell, in batches: replicas share one durable. A batch is acknowledged as a whole when the handler resolves, offered again when it
   * throws. What the handler names is left to other replicas: offered again after a while, later each time.
   */
  abstract results(options: {
    batch: number;
    handler: (batch: readonly TaskResult[]) => Promise<LeftToOthers | void>;
  }): Promise<WorkConsumer>;
}
