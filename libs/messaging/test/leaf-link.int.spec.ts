import { createServer } from 'node:net';
import { once } from 'node:events';
import { Aggregate, ServiceName, Stream, Subjects, cloudEvent } from '@aet/contracts';
import { type StreamInfo, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf } from '../src/connection/nats-link.js';
import {
  JetStreamEventBus,
  NatsRpcClient,
  OLDEST_FOR_MANY_CELLS,
  OtherUser,
  findNatsServer,
  leafSeedConfig,
} from '../src/index.js';
import { LeakCheck, eventually } from '../src/testing/index.js';
import { Echo, identity, startEcho } from './echo-service.js';
import { GuardedCell, guardedKeys } from './guarded-cell.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

/** A leaf link is configured before either server runs, so its port is chosen here. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

describe('two cells joined by a leaf link', () => {
  const subjects = new Subjects();
  let one: GuardedCell;
  let two: GuardedCell;

  beforeAll(async () => {
    const { path } = await findNatsServer({ minVersion: OLDEST_FOR_MANY_CELLS });
    const port = await freePort();
    const dialling = await guardedKeys();
    one = await GuardedCell.start(path, 'one', {
      leaf: { listen: { host: '127.0.0.1', port }, peerKeys: [dialling.keys.leaf] },
    });
    const remote = { url: `nats-leaf://127.0.0.1:${port}`, seedConfig: leafSeedConfig(dialling.dir) };
    two = await GuardedCell.start(path, 'two', { leaf: { remotes: [remote] } }, dialling);
    await eventually(() => /Leafnode connection created/.test(one.server.log), 'the link is up');
  });
  afterAll(async () => {
    await two[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
  });

  it('carries a call to a service of the other cell, and its reply', async () => {
    const km = await startEcho(await one.as(ServiceName.Km), identity('km-11111111', 'one'));
    const client = new NatsRpcClient(await two.as(ServiceName.Gateway), { namespace: 'default', defaultTimeoutMs: 1_000 });
    const reply = await eventually(
      () => client.call(Echo.say, { text: 'over the link' }, { cell: 'one' }).catch(() => undefined),
      'the call is answered',
    );
    expect(reply).toMatchObject({ text: 'over the link', by: 'km-11111111' });
    await km.drain();
  });

  it('lets a hub hear the facts of the other cell, and stores them only at home', async () => {
    const heard: string[] = [];
    const hub = new JetStreamEventBus(await two.as(ServiceName.Hub), { namespace: 'default', cell: 'two' });
    const open = await hub.onFact((event) => heard.push(event.id), { from: 'new' });
    const bus = new JetStreamEventBus(await one.as(ServiceName.Orchestrator), { namespace: 'default', cell: 'one' });
    let number = 0;
    await eventually(async () => {
      const id = `e${number++}`;
      const fact = {
        id,
        namespace: 'default',
        cell: 'one',
        service: 'o',
        type: 't',
        subject: 'r',
        time: new Date(),
        correlationId: 'c',
        data: 0,
      };
      await bus.publishFact(Aggregate.Run, 'r', cloudEvent(fact), id);
      return heard.length > 0;
    }, 'the fact is heard');
    const jsm = await jetstreamManager(connectionOf(await two.as(OtherUser.Provisioner)));
    expect((await jsm.streams.info(Stream.Events)).state.messages).toBe(0);
    await open.close();
  });

  it('keeps the JetStream of each cell to itself', async () => {
    const orchestrator = await two.as(ServiceName.Orchestrator);
    connectionOf(orchestrator).publish(subjects.task('two', 'low', 'alpha'), '{}');
    const tasksOf = async (cell: GuardedCell): Promise<StreamInfo> =>
      (await jetstreamManager(connectionOf(await cell.as(OtherUser.Provisioner)))).streams.info(Stream.Tasks);
    await eventually(async () => (await tasksOf(two)).state.messages === 1, 'the own cell has the task');
    const other = await tasksOf(one);
    expect(other.state.messages).toBe(0);
    expect(other.config.subjects).toEqual([subjects.tasks('one')]);
  });
});
