import { Priority, RESULTS_CONSUMER, Stream, Subjects, type TaskMessage, attemptId, taskConsumer } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  JetStreamTopology,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  type LinkStatus,
  type NatsLink,
  connectNats,
} from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import {
  LeakCheck,
  NatsTestServer,
  type WorkHost,
  type WorkWorld,
  resultFor,
  taskFor,
  workQueueContract,
} from '../src/testing/index.js';
import type { WorkConsumer } from '../src/work-consumer.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

const subjects = new Subjects();
/** Handlers fail on purpose here, so what the consumers say is kept for the tests and not shown. */
const logged: string[] = [];
const keep = (line: unknown): void => void logged.push(String(line));
Logger.overrideLogger({ log: keep, warn: keep, error: keep });

class JetStreamWorld implements WorkWorld, AsyncDisposable {
  private readonly links: NatsLink[] = [];
  private readonly taken: WorkConsumer[] = [];

  private constructor(
    private readonly nats: NatsTestServer,
    private readonly admin: NatsLink,
    private readonly ackWaitMs: number,
  ) {}

  static async start(binary: string | undefined, ackWaitMs = 2_000): Promise<JetStreamWorld> {
    const nats = await NatsTestServer.start(binary === undefined ? {} : { binary });
    const admin = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'admin' });
    const world = new JetStreamWorld(nats, admin, ackWaitMs);
    await world.setUp();
    return world;
  }

  async setUp(): Promise<void> {
    const { ackWaitMs } = this;
    const capabilities = ['alpha', 'beta'];
    await new JetStreamTopology(this.admin).ensure({
      namespace: 'default',
      cell: 'c1',
      capabilities,
      ackWaitMs,
      leaseTtlMs: 5_000,
    });
  }

  /** The server hangs while `during` runs: its connections stay open and nothing answers. */
  async silence(during: () => Promise<void>): Promise<void> {
    this.nats.pause();
    try {
      await during();
    } finally {
      this.nats.resume();
    }
  }

  /** As by hand. */
  async deleteConsumer(stream: string, consumer: string): Promise<void> {
    await (await jetstreamManager(connectionOf(this.admin))).consumers.delete(stream, consumer);
  }

  async host(): Promise<WorkHost & { status: () => LinkStatus }> {
    const number = this.links.length + 1;
    const link = await connectNats({ servers: [this.nats.url], user: 'agent', name: `agent-${number}` });
    this.links.push(link);
    const identity = { namespace: 'default', cell: 'c1', host: `h${number}`, instance: `agent-${number}` };
    const consumers = new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: this.ackWaitMs, workingMs: 500 });
    const remember = <T extends WorkConsumer>(consumer: T): T => (this.taken.push(consumer), consumer);
    return {
      queue: new JetStreamWorkQueue(link, identity),
      consumers: {
        tasks: async (options) => remember(await consumers.tasks(options)),
        results: async (options) => remember(await consumers.results(options)),
      },
      vanish: () => link.close(),
      status: () => link.status,
    };
  }

  async injectTask(bytes: string): Promise<void> {
    await jetstream(connectionOf(this.admin)).publish(subjects.task('c1', 'normal', 'alpha'), bytes);
  }
  async injectResult(bytes: string): Promise<void> {
    await jetstream(connectionOf(this.admin)).publish(subjects.result('c1', 'r'), bytes);
  }
  async deadLetters() {
    const jsm = await jetstreamManager(connectionOf(this.admin));
    const { state } = await jsm.streams.info(Stream.Dlq);
    const sequences = Array.from({ length: state.messages }, (_, index) => state.first_seq + index);
    return Promise.all(sequences.map(async (seq) => (await jsm.streams.getMessage(Stream.Dlq, { seq }))!.json<never>()));
  }
  async tasksHeld(): Promise<number> {
    return (await (await jetstreamManager(connectionOf(this.admin))).streams.info(Stream.Tasks)).state.messages;
  }
  get emptiesAfterKill(): boolean {
    return !this.admin.serverVersion.startsWith('2.9.');
  }
  async restartServer(): Promise<void> {
    await this.nats.kill();
    await this.nats.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.taken.map((consumer) => consumer.drain(0)));
    await Promise.all([this.admin, ...this.links].map((link) => link.close()));
    await this.nats[Symbol.asyncDispose]();
  }
}

const binaries = await serverBinaries();

describe.each(binaries)('work over nats-server $version', ({ path }) => {
  it.concurrent.each(workQueueContract)('$name', async ({ obeysContract, ackWaitMs }) => {
    await using world = await JetStreamWorld.start(path, ackWaitMs);
    await obeysContract(world);
  });

  it.concurrent('says that a consumer was deleted by hand, and goes on when it is set up again', async ({ expect }) => {
    await using world = await JetStreamWorld.start(path);
    const host = await world.host();
    const seen: string[] = [];
    const results: string[] = [];
    await host.consumers.tasks({
      cell: 'c1',
      capabilities: ['alpha', 'beta'],
      slots: 4,
      handler: async ({ message }) => (seen.push(message.step), { kind: 'done' }),
    });
    await host.consumers.results({
      batch: 10,
      handler: async (batch) => void results.push(...batch.map(({ step }) => step)),
    });
    const publish = (task: TaskMessage) => host.queue.publish(task, attemptId(task));
    await publish(taskFor('before'));
    await expect.poll(() => seen).toEqual(['before']);

    const consumer = taskConsumer('alpha', Priority.Normal);
    await world.deleteConsumer(Stream.Tasks, consumer);
    await world.deleteConsumer(Stream.Results, RESULTS_CONSUMER);
    const toldOf = (name: string): number =>
      logged.filter((line) => line.includes(`${name} is not there any more`) && line.includes('set')).length;
    const toldBefore = toldOf(consumer);
    await publish(taskFor('meanwhile'));
    await publish(taskFor('other', { capability: 'beta' }));
    await host.queue.publishResult(resultFor('meanwhile'), 'c1');
    await expect.poll(() => seen).toEqual(['before', 'other']);
    await expect.poll(() => toldOf(consumer)).toBe(toldBefore + 1);

    await world.setUp();
    await expect.poll(() => seen).toEqual(['before', 'other', 'meanwhile']);
    await expect.poll(() => results).toEqual(['meanwhile']);
  });
});

it('notices a server that fell silent, and goes on when it speaks again', async ({ expect }) => {
  await using world = await JetStreamWorld.start(binaries[0]?.path);
  const host = await world.host();
  const seen: string[] = [];
  await host.consumers.tasks({
    cell: 'c1',
    capabilities: ['alpha'],
    slots: 4,
    handler: async ({ message }) => (seen.push(message.step), { kind: 'done' }),
  });
  const publish = (step: string) => {
    const task = taskFor(step);
    return host.queue.publish(task, attemptId(task));
  };
  await publish('before');
  await expect.poll(() => seen).toEqual(['before']);
  await world.silence(async () => {
    await expect.poll(() => host.status()).toBe('reconnecting');
  });
  await publish('after');
  await expect.poll(() => seen).toContain('after');
});
