import { NotFound, Priority, RESULTS_CONSUMER, Stream, type TaskResult, streamName, taskConsumer } from '@aet/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { type NatsLink, connectionOf } from '../connection/nats-link.js';
import { type LeftToOthers, type WorkConsumer, type WorkConsumerOptions, WorkConsumers } from '../work-consumer.js';
import { admitAll } from './admission.js';
import { jetStreamError } from './jetstream-error.js';
import { JetStreamWorkQueue, type WorkIdentity } from './jetstream-work-queue.js';
import { ResultsConsumer } from './results-consumer.js';
import { TaskConsumer } from './task-consumer.js';

export interface WorkConsumersOptions extends WorkIdentity {
  /** The server's patience, as its consumers have it. Milliseconds. */
  ackWaitMs: number;
  /** How often a handler's work is reported; well below `ackWaitMs`. Milliseconds. */
  workingMs: number;
}

/** Consumers over the durables that the topology made. */
export class JetStreamWorkConsumers extends WorkConsumers {
  private readonly letters: JetStreamWorkQueue;

  constructor(
    private readonly link: NatsLink,
    private readonly options: WorkConsumersOptions,
  ) {
    super();
    if (options.workingMs * 2 > options.ackWaitMs) {
      throw new RangeError(`work.workingMs (${options.workingMs}) must be at most half of work.ackWaitMs (${options.ackWaitMs})`);
    }
    this.letters = new JetStreamWorkQueue(link, options);
  }

  /** @throws {NotFound} a capability has no consumer: the topology was not made for it. */
  async tasks(options: WorkConsumerOptions): Promise<WorkConsumer> {
    const stream = streamName(Stream.Tasks, this.options.namespace);
    await Promise.all(
      options.capabilities.map((capability) => this.require(stream, taskConsumer(capability, Priority.Critical))),
    );
    const { admission = admitAll } = options;
    const handler: WorkConsumerOptions['handler'] = async (delivery) => {
      const outcome = await options.handler(delivery);
      if (outcome.kind === 'done' && !('handedOver' in outcome)) admission.taskEnded(delivery.message);
      return outcome;
    };
    return new TaskConsumer(this.link, { ...options, ...this.terms(), admission, handler });
  }

  async results(options: {
    batch: number;
    handler: (batch: readonly TaskResult[]) => Promise<LeftToOthers | void>;
  }): Promise<WorkConsumer> {
    await this.require(streamName(Stream.Results, this.options.namespace), RESULTS_CONSUMER);
    return new ResultsConsumer(this.link, { ...options, ...this.terms() });
  }

  private terms() {
    return { letters: this.letters, identity: this.options, workingMs: this.options.workingMs };
  }

  private async require(stream: string, consumer: string): Promise<void> {
    const jsm = await jetstreamManager(connectionOf(this.link), { checkAPI: false });
    try {
      await jsm.consumers.info(stream, consumer);
    } catch (cause) {
      const error = jetStreamError(cause, `consumer ${stream}/${consumer}`);
      if (!(error instanceof NotFound)) throw error;
      throw new NotFound(
        `the consumer ${stream}/${consumer} is not there: the cell's topology was not made with that capability`,
        { cause },
      );
    }
  }
}
