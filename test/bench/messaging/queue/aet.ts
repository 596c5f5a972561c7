import { Priority, type TaskMessage, type TaskResult, attemptId } from '@aet/contracts';
import { JetStreamTopology, JetStreamWorkConsumers, JetStreamWorkQueue, type NatsLink, connectNats } from '@aet/messaging';
import { NatsTestServer } from '@aet/messaging/testing';
import { randomUUID } from 'node:crypto';
import { type JobInput, type QueueContender, type Working, inFlight, jobInput } from './contender.ts';

const ACK_WAIT_MS = 5_000;
const WORKING_MS = 1_500;
export const CAPABILITY = 'bench';
export const identityOf = (instance: string) => ({ namespace: 'default', cell: 'c1', host: 'h1', instance });

/** The work queue of `libs/messaging`: each result is stored in the stream of results before its task is acknowledged. */
export class AetQueue implements QueueContender {
  readonly nats: NatsTestServer;
  private readonly link: NatsLink;
  private readonly queue: JetStreamWorkQueue;
  private readonly run = randomUUID();
  private step = 0;
  private numbered = 0;

  private constructor(nats: NatsTestServer, link: NatsLink) {
    this.nats = nats;
    this.link = link;
    this.queue = new JetStreamWorkQueue(link, identityOf('bench'));
  }

  static async start(): Promise<AetQueue> {
    const nats = await NatsTestServer.start();
    const link = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'bench' });
    const { namespace, cell } = identityOf('bench');
    const declaration = { namespace, cell, capabilities: [CAPABILITY], ackWaitMs: ACK_WAIT_MS, leaseTtlMs: 3_000 };
    await new JetStreamTopology(link).ensure(declaration);
    return new AetQueue(nats, link);
  }

  get name(): string {
    return `nats-server ${this.link.serverVersion}`;
  }

  add(count: number, atOnce: number): Promise<void> {
    return inFlight(count, atOnce, () => this.publish(-1, Priority.Normal));
  }
  addOne(urgent: boolean): Promise<void> {
    return this.publish(this.numbered++, urgent ? Priority.Critical : Priority.Normal);
  }

  start(slots: number, work: (number: number) => Promise<void> | void): Promise<Working> {
    return takeTasks(this.link, 'bench', slots, work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.close();
    await this.nats[Symbol.asyncDispose]();
  }

  private async publish(number: number, priority: Priority): Promise<void> {
    const task = taskOf(this.run, `s${this.step++}`, jobInput(number), priority);
    await this.queue.publish(task, attemptId(task));
  }
}

/** A host that keeps each result and then acknowledges. */
export async function takeTasks(
  link: NatsLink,
  instance: string,
  slots: number,
  work: (number: number) => Promise<void> | void,
): Promise<Working> {
  const identity = identityOf(instance);
  const queue = new JetStreamWorkQueue(link, identity);
  const consumers = new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: ACK_WAIT_MS, workingMs: WORKING_MS });
  const consumer = await consumers.tasks({
    cell: identity.cell,
    capabilities: [CAPABILITY],
    slots,
    handler: async ({ message }) => {
      const began = performance.now();
      const input = message.input as JobInput;
      await work(input.number);
      await queue.publishResult(resultOf(message, instance, input, performance.now() - began), identity.cell);
      return { kind: 'done' };
    },
  });
  return { stop: () => consumer.drain(2_000) };
}

const taskOf = (runId: string, step: string, input: JobInput, priority: Priority): TaskMessage => ({
  v: 1,
  runId,
  step,
  attempt: 1,
  cell: 'c1',
  epoch: 1,
  capability: CAPABILITY,
  priority,
  input,
  timeoutMs: 60_000,
  correlationId: runId,
  workflow: 'bench',
  scheduledAt: new Date().toISOString(),
});

const resultOf = (task: TaskMessage, instance: string, output: JobInput, durationMs: number): TaskResult => ({
  v: 1,
  runId: task.runId,
  step: task.step,
  attempt: task.attempt,
  epoch: task.epoch,
  by: { cell: 'c1', host: 'h1', instance, agent: 'bench' },
  startedAt: new Date().toISOString(),
  durationMs,
  status: 'completed',
  output,
});
