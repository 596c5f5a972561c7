import { Stream } from '@aet/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats, JetStreamTopology, JetStreamWorkConsumers, JetStreamWorkQueue, type NatsLink } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { LeakCheck, contractCell, eventually, NatsTestServer, taskFor } from '../src/testing/index.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

const { cell, capabilities, ackWaitMs } = contractCell;
const identity = { namespace: 'default', cell, host: 'h', instance: 'agent-1' };

// Found by the chaos rounds with a full disk: an attempt whose result was lost there too would have waited for ever.
it.each(await serverBinaries())(
  'does not call a task held that nats-server $version kept after its acknowledgement, and removes it at the next start',
  async ({ path }) => {
    await using nats = await NatsTestServer.start({ binary: path });
    const messages = join(nats.dir, 'jetstream/jetstream/$G/streams', Stream.Tasks, 'msgs');
    const before = join(await mkdtemp(join(tmpdir(), 'aet-stranded-')), 'msgs');
    const life = async (live: (queue: JetStreamWorkQueue, link: NatsLink) => Promise<void>): Promise<void> => {
      const link = await connectNats({ servers: [nats.url], user: 'test', name: 'test' });
      await live(new JetStreamWorkQueue(link, identity), link);
      await link.close();
      await nats.stop();
    };

    await life(async (queue, link) => {
      await new JetStreamTopology(link).ensure(contractCell);
      expect(await queue.publish(taskFor('done'), 'done')).toMatchObject({ sequence: 1 });
    });
    await cp(messages, before, { recursive: true });
    await nats.restart();
    await life(async (queue, link) => {
      const consumers = new JetStreamWorkConsumers(link, { ...identity, ackWaitMs, workingMs: 500 });
      const host = await consumers.tasks({ cell, capabilities, slots: 1, handler: () => Promise.resolve({ kind: 'done' }) });
      await eventually(async () => !(await queue.holds(1)), 'the task is done', 20_000);
      await host.drain(5_000);
    });
    // As a server that could write a consumer's state to the disk, and not the removal of a message.
    await rm(messages, { recursive: true });
    await cp(before, messages, { recursive: true });
    await nats.restart();
    await life(async (queue, link) => {
      expect(await queue.publish(taskFor('open'), 'open')).toMatchObject({ sequence: 2 });
      expect(await queue.holds(2)).toBe(true);
      expect(await queue.holds(1)).toBe(false);

      const { streams } = await jetstreamManager(connectionOf(link));
      expect((await streams.info(Stream.Tasks)).state).toMatchObject({ messages: 2 });
      await new JetStreamTopology(link).ensure(contractCell);
      expect((await streams.info(Stream.Tasks)).state).toMatchObject({ messages: 1, first_seq: 2 });
    });
    await rm(join(before, '..'), { recursive: true });
  },
);
