import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aggregate, ServiceName, cloudEvent } from '@aet/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  JetStreamCellCopies,
  JetStreamEventBus,
  type NatsLink,
  OLDEST_FOR_MANY_CELLS,
  findNatsServer,
  leafSeedConfig,
} from '../src/index.js';
import { BreakableLink, LeakCheck, eventually } from '../src/testing/index.js';
import { GuardedCell, guardedKeys } from './guarded-cell.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** A server that could not reach what it copies tries again after up to some twenty seconds. */
const patient = { timeout: 90_000 };
vi.setConfig({ testTimeout: 200_000 });

/** A cell that tells facts of its runs, and reads what the other told. */
class Teller {
  readonly bus: JetStreamEventBus;
  readonly copies: JetStreamCellCopies;

  constructor(
    link: NatsLink,
    private readonly cell: string,
    private readonly peer: string,
  ) {
    this.bus = new JetStreamEventBus(link, { namespace: 'default', cell });
    this.copies = new JetStreamCellCopies(link, { namespace: 'default', cell, peers: [peer] });
  }

  async tell(...ids: string[]): Promise<void> {
    for (const id of ids) {
      const fact = { id, namespace: 'default', cell: this.cell, service: 'o', type: 't', subject: 'r', correlationId: 'c' };
      await this.bus.publishFact(Aggregate.Run, 'r', cloudEvent({ ...fact, time: new Date(), data: 0 }), id);
    }
  }

  async copied(after = 0): Promise<string[]> {
    const found: string[] = [];
    for await (const { facts } of this.copies.runFacts(this.peer, { after })) found.push(...facts.map(({ id }) => id));
    return found;
  }
}

describe('the copies of events between two cells', () => {
  let link: BreakableLink;
  let cells: GuardedCell[];
  let one: Teller;
  let two: Teller;

  beforeAll(async () => {
    const { path } = await findNatsServer({ minVersion: OLDEST_FOR_MANY_CELLS });
    const port = await freePort();
    const dialling = await guardedKeys();
    link = await BreakableLink.to(port);
    const listening = await GuardedCell.start(path, 'one', {
      peers: ['two'],
      leaf: { listen: { host: '127.0.0.1', port }, peerKeys: [dialling.keys.leaf] },
    });
    const remote = { url: `nats-leaf://127.0.0.1:${link.port}`, seedConfig: leafSeedConfig(dialling.dir) };
    const dialer = await GuardedCell.start(path, 'two', { peers: ['one'], leaf: { remotes: [remote] } }, dialling);
    cells = [listening, dialer];
    await eventually(() => /Leafnode connection created/.test(listening.server.log), 'the link is up');
    await Promise.all([listening.provision(['two']), dialer.provision(['one'])]);
    one = new Teller(await listening.as(ServiceName.Orchestrator), 'one', 'two');
    two = new Teller(await dialer.as(ServiceName.Orchestrator), 'two', 'one');
  });
  afterAll(async () => {
    for (const cell of cells.toReversed()) await cell[Symbol.asyncDispose]();
    await link[Symbol.asyncDispose]();
  });

  it('go both ways, with the sequences of the original', async () => {
    await one.tell('a1', 'a2');
    await two.tell('b1');
    await expect.poll(() => two.copied(), patient).toEqual(['a1', 'a2']);
    await expect.poll(() => one.copied(), patient).toEqual(['b1']);
    expect(await two.copied(1)).toEqual(['a2']);
    const state = await two.copies.state('one');
    expect(state).toMatchObject({ cell: 'one', last: await one.copies.ownEnd(), lag: 0 });
    expect(state.heardMs).toBeGreaterThanOrEqual(0);
  });

  it('wait while the link is cut, hold up neither cell, and have all of it afterwards', async () => {
    link.cut();
    await one.tell('a3', 'a4');
    await two.tell('b2');
    expect(await two.copied()).toEqual(['a1', 'a2']);
    link.heal();
    await one.tell('a5');
    await expect.poll(() => two.copied(), patient).toEqual(['a1', 'a2', 'a3', 'a4', 'a5']);
    await expect.poll(() => one.copied(), patient).toEqual(['b1', 'b2']);
  });
});
