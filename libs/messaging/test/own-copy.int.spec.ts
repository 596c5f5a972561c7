import { Priority, Stream, taskConsumer } from '@aet/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectionOf } from '../src/connection/nats-link.js';
import { connectNats, JetStreamTopology, JetStreamWorkConsumers, JetStreamWorkQueue } from '../src/index.js';
import { LeakCheck, contractCell, eventually, NatsTestServer, taskFor } from '../src/testing/index.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

const ACK_WAIT_MS = 1_000;
const { cell, capabilities } = contractCell;
const identity = { namespace: 'default', cell, host: 'h', instance: 'agent-1' };

// Found by a chaos round without a fault (calm, seed 5) on a machine that was so busy that a host could not report its work in time.
it.each(await serverBinaries())(
  'does not begin a task a second time that a held-up host still has in hand ($version)',
  async ({ path }) => {
    await using nats = await NatsTestServer.start({ binary: path });
    const link = await connectNats({ servers: [nats.url], user: 'test', name: 'test' });
    await new JetStreamTopology(link).ensure({ ...contractCell, ackWaitMs: ACK_WAIT_MS });
    const queue = new JetStreamWorkQueue(link, identity);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const begun: string[] = [];
    const host = await new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: ACK_WAIT_MS, workingMs: 300 }).tasks({
      cell,
      capabilities,
      slots: 4,
      handler: async ({ message }) => {
        begun.push(message.step);
        if (message.step === 'long' && begun.length === 1) {
          // The whole process is held up, as by a garbage collection or a machine without a free core.
          for (const end = performance.now() + 2 * ACK_WAIT_MS; performance.now() < end;);
          await released;
        }
        return { kind: 'done' };
      },
    });

    const { consumers } = await jetstreamManager(connectionOf(link));
    const { priority, capability } = taskFor('long');
    expect(priority).toBe(Priority.Normal);
    const { sequence } = await queue.publish(taskFor('long'), 'long');
    const name = taskConsumer(capability, priority);
    const offers = async (): Promise<number> => (await consumers.info(Stream.Tasks, name)).delivered.consumer_seq;
    await eventually(async () => (await offers()) >= 2, 'the server offers it again', 20_000);
    await queue.publish(taskFor('next'), 'next');
    await eventually(() => begun.includes('next'), 'the host is at work again', 20_000);
    release();
    await eventually(async () => !(await queue.holds(sequence)), 'the task is done', 20_000);
    expect(begun).toEqual(['long', 'next']);
    await host.drain(5_000);
    await link.close();
  },
);
