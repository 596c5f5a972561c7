import { Stream, Subjects } from '@aet/contracts';
import { Logger } from '@nestjs/common';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, it } from 'vitest';
import { JetStreamTopology, JetStreamWorkConsumers, JetStreamWorkQueue, type NatsLink, connectNats } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { NatsTestServer, type WorkHost, type WorkWorld, workQueueContract } from '../src/testing/index.js';
import type { WorkConsumer } from '../src/work-consumer.js';
import { serverBinaries } from './server-binaries.js';

const subjects = new Subjects();
// Handlers fail on purpose here.
Logger.overrideLogger(false);

class JetStreamWorld implements WorkWorld, AsyncDisposable {
  private readonly links: NatsLink[] = [];
  private readonly taken: WorkConsumer[] = [];

  private constructor(
    private readonly nats: NatsTestServer,
    private readonly admin: NatsLink,
  ) {}

  static async start(binary: string): Promise<JetStreamWorld> {
    const nats = await NatsTestServer.start({ binary });
    const admin = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'admin' });
    await new JetStreamTopology(admin).ensure({
      namespace: 'default',
      cell: 'c1',
      capabilities: ['alpha', 'beta'],
      ackWaitMs: 2_000,
      leaseTtlMs: 5_000,
    });
    return new JetStreamWorld(nats, admin);
  }

  async host(): Promise<WorkHost> {
    const number = this.links.length + 1;
    const link = await connectNats({ servers: [this.nats.url], user: 'agent', name: `agent-${number}` });
    this.links.push(link);
    const identity = { namespace: 'default', cell: 'c1', host: `h${number}`, instance: `agent-${number}` };
    const consumers = new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: 2_000, workingMs: 500 });
    const remember = <T extends WorkConsumer>(consumer: T): T => (this.taken.push(consumer), consumer);
    return {
      queue: new JetStreamWorkQueue(link, identity),
      consumers: {
        tasks: async (options) => remember(await consumers.tasks(options)),
        results: async (options) => remember(await consumers.results(options)),
      },
      vanish: () => link.close(),
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

describe.each(await serverBinaries())('work over nats-server $version', ({ path }) => {
  it.each(workQueueContract)('$name', async ({ obeysContract }) => {
    await using world = await JetStreamWorld.start(path);
    await obeysContract(world);
  });
});
