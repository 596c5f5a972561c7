import { Bucket, type RateLimit, Stream, type TaskMessage, attemptId } from '@aet/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { connectionOf } from '../src/connection/nats-link.js';
import {
  CellAdmission,
  type CellAdmissionOptions,
  type Delivery,
  JetStreamTopology,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  KvQueueControl,
  NatsKeyValueStores,
  type NatsLink,
  type Outcome,
  type QueueEntry,
  type WorkConsumer,
  connectNats,
} from '../src/index.js';
import { NatsTestServer } from '../src/testing/index.js';

const here = { namespace: 'default', cell: 'c1' };

export interface QueueHost extends AsyncDisposable {
  link: NatsLink;
  consumer: WorkConsumer;
}
type HostOptions = Partial<Omit<CellAdmissionOptions, 'store'>> & {
  slots?: number;
  handler?: (delivery: Delivery<TaskMessage>) => Promise<Outcome>;
};

/** A cell with the capabilities `alpha` and `beta` on a server of its own, and hosts that come and go. */
export class QueueCell implements AsyncDisposable {
  private readonly hosts: QueueHost[] = [];

  private constructor(
    readonly nats: NatsTestServer,
    readonly link: NatsLink,
  ) {}

  static async start(binary: string): Promise<QueueCell> {
    const nats = await NatsTestServer.start({ binary });
    const link = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'admin' });
    await new JetStreamTopology(link).ensure({ ...here, capabilities: ['alpha', 'beta'], ackWaitMs: 2_000, leaseTtlMs: 5_000 });
    return new QueueCell(nats, link);
  }

  get queue(): JetStreamWorkQueue {
    return new JetStreamWorkQueue(this.link, { ...here, host: 'h0', instance: 'orchestrator-0' });
  }
  get control(): KvQueueControl {
    return new KvQueueControl(this.store(this.link));
  }
  publish(task: TaskMessage): Promise<unknown> {
    return this.queue.publish(task, attemptId(task));
  }
  async held(): Promise<number> {
    return (await (await jetstreamManager(connectionOf(this.link))).streams.info(Stream.Tasks)).state.messages;
  }

  /** @param rates as configured; an operator's word wins */
  async host({ slots = 4, handler = async () => ({ kind: 'done' }), ...admission }: HostOptions = {}): Promise<QueueHost> {
    const number = this.hosts.length + 1;
    const link = await connectNats({ servers: [this.nats.url], user: 'agent', name: `agent-${number}` });
    const identity = { ...here, host: `h${number}`, instance: `agent-${number}` };
    const admits = new CellAdmission({ store: this.store(link), rates: {}, ...admission });
    const consumers = new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: 2_000, workingMs: 500 });
    const consumer = await consumers.tasks({
      cell: 'c1',
      capabilities: ['alpha', 'beta'],
      slots,
      handler,
      admission: admits,
    });
    const host: QueueHost = {
      link,
      consumer,
      [Symbol.asyncDispose]: async () => {
        await consumer.drain(0);
        await admits[Symbol.asyncDispose]();
        await link.close();
      },
    };
    this.hosts.push(host);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((host) => host[Symbol.asyncDispose]()));
    await this.link.close();
    await this.nats[Symbol.asyncDispose]();
  }

  private store(link: NatsLink) {
    return new NatsKeyValueStores(link, here).open<QueueEntry>(Bucket.Queue);
  }
}

export const operator = { by: 'operator', at: '2026-11-21T12:00:00.000Z' };
export const rate = (perSecond: number, burst: number): RateLimit => ({ perSecond, burst });
