import { CapabilityMissing, Priority, Stream, TopologyDiffers, taskConsumer } from '@aet/contracts';
import { type JetStreamManager, RetentionPolicy, StorageType, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectionOf } from '../src/connection/nats-link.js';
import { JetStreamTopology, JetStreamWorkQueue, type NatsLink, connectNats } from '../src/index.js';
import { cellTopology } from '../src/jetstream/cell-topology.js';
import { verifyTaken } from '../src/jetstream/jetstream-topology.js';
import {
  LeakCheck,
  NatsTestServer,
  type Tampering,
  type TopologyWorld,
  contractCell,
  taskFor,
  topologyContract,
} from '../src/testing/index.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

const SECOND = 1_000_000_000;

/** How each thing that a person may do is done in JetStream. */
const tamperings: Record<Tampering, (jsm: JetStreamManager) => Promise<{ what: string; field: string }>> = {
  'patience of a consumer': async (jsm) => {
    const name = taskConsumer('alpha', Priority.High);
    const { config } = await jsm.consumers.info(Stream.Tasks, name);
    await jsm.consumers.update(Stream.Tasks, name, { ...config, ack_wait: 30 * SECOND });
    return { what: `consumer TASKS/${name}`, field: 'ack_wait' };
  },
  'route of a consumer': async (jsm) => {
    const name = taskConsumer('beta', Priority.Low);
    const { config } = await jsm.consumers.info(Stream.Tasks, name);
    await jsm.consumers.delete(Stream.Tasks, name);
    await jsm.consumers.add(Stream.Tasks, { ...config, filter_subject: 'aet.default.task.c1.low.elsewhere' });
    return { what: `consumer TASKS/${name}`, field: 'filter_subject' };
  },
  'end of retention': async (jsm) => {
    const { config } = await jsm.streams.info('EVENTS');
    await jsm.streams.update('EVENTS', { ...config, max_bytes: -1 });
    return { what: 'stream EVENTS', field: 'max_bytes' };
  },
  'kind of storage': async (jsm) => {
    const { config } = await jsm.streams.info(Stream.Dlq);
    await jsm.streams.delete(Stream.Dlq);
    await jsm.streams.add({ ...config, storage: StorageType.Memory });
    return { what: `stream ${Stream.Dlq}`, field: 'storage' };
  },
};

class JetStreamWorld implements TopologyWorld, AsyncDisposable {
  private readonly links: NatsLink[] = [];

  private constructor(private readonly nats: NatsTestServer) {}

  static async start(binary: string): Promise<JetStreamWorld> {
    return new JetStreamWorld(await NatsTestServer.start({ binary }));
  }

  async make(): Promise<JetStreamTopology> {
    return new JetStreamTopology(await this.link());
  }

  async tamper(how: Tampering): Promise<{ what: string; field: string }> {
    return tamperings[how](await jetstreamManager(connectionOf(await this.link())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
    await this.nats[Symbol.asyncDispose]();
  }

  private async link(): Promise<NatsLink> {
    const link = await connectNats({ servers: [this.nats.url], user: 'provisioner', name: 'provisioner' });
    this.links.push(link);
    return link;
  }
}

const binaries = await serverBinaries();
describe.each(binaries)('JetStream as a topology on nats-server $version', ({ path }) => {
  it.each(topologyContract)('$name', async ({ obeysContract }) => {
    await using world = await JetStreamWorld.start(path);
    await obeysContract(world);
  });
});

describe.each(binaries)('the topology of a cell on nats-server $version', ({ path, version }) => {
  let nats: NatsTestServer;
  let link: NatsLink;
  let jsm: JetStreamManager;
  let topology: JetStreamTopology;

  beforeEach(async () => {
    nats = await NatsTestServer.start({ binary: path });
    link = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'provisioner' });
    jsm = await jetstreamManager(connectionOf(link));
    topology = new JetStreamTopology(link);
  });
  afterEach(async () => {
    await link.close();
    await nats[Symbol.asyncDispose]();
  });

  it('makes the parts of the design, with its settings', async () => {
    const { created } = await topology.ensure(contractCell);
    expect(created).toHaveLength(7 + 5 + 4 + 2 * 4 + 1);
    const { config } = await jsm.streams.info(Stream.Tasks);
    expect(config).toMatchObject({ retention: RetentionPolicy.Workqueue, storage: StorageType.File, discard: 'new' });
    const consumer = (await jsm.consumers.info(Stream.Tasks, taskConsumer('alpha', Priority.High))).config;
    expect(consumer).toMatchObject({ ack_wait: 5 * SECOND, max_deliver: -1, filter_subject: 'aet.default.task.c1.high.alpha' });
  });

  it('names the streams of another namespace after it', async () => {
    const { created } = await topology.ensure({ ...contractCell, namespace: 'other' });
    expect(created).toContain('stream TASKS_other');
  });

  it('shows what is wanted and what was found', async () => {
    await topology.ensure(contractCell);
    const { what } = await tamperings['patience of a consumer'](jsm);
    expect(await topology.differences(contractCell)).toEqual([
      { what, field: 'ack_wait', wanted: 5 * SECOND, found: 30 * SECOND },
    ]);
  });

  it('names everything that stands in the way at once, and makes nothing before', async () => {
    await jsm.streams.add({ name: 'EVENTS', subjects: ['aet.default.event.c1.>'], storage: StorageType.File, max_bytes: -1 });
    await jsm.streams.add({ name: 'TASKS', subjects: ['aet.default.task.c1.>'], storage: StorageType.Memory });
    const error: unknown = await topology.ensure(contractCell).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TopologyDiffers);
    const { differences } = (error as TopologyDiffers).details as { differences: { what: string; field: string }[] };
    expect(differences.map(({ what, field }) => `${what} ${field}`).toSorted()).toEqual([
      'stream EVENTS max_bytes',
      'stream TASKS max_bytes',
      'stream TASKS retention',
      'stream TASKS storage',
    ]);
    await expect(jsm.streams.info(Stream.Dlq)).rejects.toThrow(/not found/);
  });

  it('says which field an old server dropped, and which version has it', async () => {
    const wanted = { name: 'META', subjects: ['meta'], metadata: { owner: 'aet' }, max_bytes: 1_024 };
    const { config } = await jsm.streams.add({ name: 'META', subjects: ['meta'], max_bytes: 1_024, storage: StorageType.File });
    const verify = () => verifyTaken('stream META', wanted, config, version);
    expect(verify).toThrow(CapabilityMissing);
    expect(verify).toThrow(/did not take over all of stream META: metadata .*nats-server 2\.10\.0 has it/);
  });

  describe('with settings that only newer servers know', () => {
    /** The stream of tasks, or all consumers, with more than the cell needs. */
    const asking = (stream: object, consumer: object) =>
      new JetStreamTopology(link, (declaration) => {
        const { streams, consumers } = cellTopology(declaration);
        return {
          streams: streams.map((spec) =>
            spec.config.name === 'TASKS' ? { ...spec, config: { ...spec.config, ...stream } } : spec,
          ),
          consumers: consumers.map((spec) => ({ ...spec, config: { ...spec.config, ...consumer } })),
        };
      });
    const isOld = version.startsWith('2.9.');
    const later = new Date(Date.now() + 3_600_000).toISOString();

    it.runIf(isOld).each([
      [
        'a stream',
        { allow_msg_ttl: true },
        {},
        /2\.9\.\d+ did not take over all of stream TASKS: allow_msg_ttl .*2\.11\.0 has it/,
      ],
      ['a consumer', {}, { pause_until: later }, /did not take over all of consumer TASKS\/.*pause_until .*2\.11\.0 has it/],
      ['a stream, as the client knows', { metadata: { owner: 'aet' } }, {}, /metadata.*use nats-server 2\.10\.0 or newer/],
    ])('refuses to go on when %s lacks one, new or not, and names the version', async (_what, stream, consumer, message) => {
      const missing = expect.objectContaining({
        code: 'CAPABILITY_MISSING',
        retryable: false,
        message: expect.stringMatching(message),
      });
      await expect(asking(stream, consumer).ensure(contractCell)).rejects.toEqual(missing);
      await topology.ensure(contractCell);
      await expect(asking(stream, consumer).ensure(contractCell)).rejects.toEqual(missing);
      // Nothing is broken by that: the plain declaration is content with what is there.
      expect(await topology.differences(contractCell)).toEqual([]);
    });

    it.skipIf(isOld)('makes them, and adds them to what is there', async () => {
      await topology.ensure(contractCell);
      const labelled = asking({ allow_msg_ttl: true, metadata: { owner: 'aet' } }, { metadata: { owner: 'aet' } });
      expect((await labelled.ensure(contractCell)).updated).toHaveLength(1 + 2 * 4 + 1);
      expect((await labelled.ensure(contractCell)).updated).toEqual([]);
    });
  });

  it('turns a full queue into back-pressure, and takes tasks again when there is room', async () => {
    await topology.ensure(contractCell);
    const present = (await jsm.streams.info(Stream.Tasks)).config;
    await jsm.streams.update(Stream.Tasks, { ...present, max_bytes: 4_000 });
    const queue = new JetStreamWorkQueue(link, { namespace: 'default', cell: 'c1', host: 'h', instance: 'i' });
    await queue.publish(taskFor('fits', { input: 'x'.repeat(2_000) }), 'fits');
    const refused = queue.publish(taskFor('too-much', { input: 'x'.repeat(2_000) }), 'too-much');
    await expect(refused).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryable: true });
    await jsm.streams.purge(Stream.Tasks);
    expect(await queue.publish(taskFor('too-much', { input: 'x'.repeat(2_000) }), 'too-much')).toMatchObject({
      duplicate: false,
    });
  });

  it('says that a task is too large before it is sent', async () => {
    await topology.ensure(contractCell);
    const queue = new JetStreamWorkQueue(link, { namespace: 'default', cell: 'c1', host: 'h', instance: 'i' });
    const large = queue.publish(taskFor('large', { input: 'x'.repeat(1_100_000) }), 'large');
    await expect(large).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect((await jetstream(connectionOf(link)).streams.get(Stream.Tasks)).name).toBe('TASKS');
  });

  it('says that nothing was set up, when asked before', async () => {
    const queue = new JetStreamWorkQueue(link, { namespace: 'default', cell: 'c1', host: 'h', instance: 'i' });
    await expect(queue.holds(1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
