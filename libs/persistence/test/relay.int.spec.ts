import { attemptId, type CloudEvent } from '@aet/contracts';
import {
  connectNats,
  JetStreamEventBus,
  JetStreamTopology,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  NatsStopNotices,
} from '@aet/messaging';
import { NatsTestServer } from '@aet/messaging/testing';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresDispatchTable, PostgresFactCursor, type PostgresRunLog, Relay, Sweeper } from '../src/index.js';
import { PostgresTestServer, runEvents } from '../src/testing/index.js';
import { migrated, openReplica } from './run-log-database.js';

const { completed, runCompleted, scheduled, submitted } = runEvents;

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
});
afterAll(async () => {
  await server.stop();
});

/** A cell's servers with nothing in them, and replicas of an orchestrator's lower half. */
async function cell() {
  const stack = new AsyncDisposableStack();
  const config = await server.freshDatabase();
  await migrated(config);
  const nats = stack.use(await NatsTestServer.start());
  const link = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'test' });
  stack.defer(() => link.close());
  const declaration = {
    namespace: 'default',
    cell: 'mainpc',
    capabilities: ['secret-scan'],
    ackWaitMs: 2_000,
    leaseTtlMs: 3_000,
  };
  const ensure = async () => void (await new JetStreamTopology(link).ensure(declaration));
  await ensure();
  const identity = { namespace: 'default', cell: 'mainpc', host: 'h', instance: 'orchestrator-1' };
  const queue = new JetStreamWorkQueue(link, identity);
  const bus = new JetStreamEventBus(link, { namespace: 'default', cell: 'mainpc' });
  const writer = stack.use(openReplica(config));
  const relaying = (log: PostgresRunLog, pool: pg.Pool) => {
    const stops = new NatsStopNotices(link, 'default');
    const ports = { log, queue, bus, stops, table: new PostgresDispatchTable(pool), cursor: new PostgresFactCursor(pool) };
    const relay = stack.use(new Relay(ports, { namespace: 'default' }));
    const sweeper = stack.use(new Sweeper(relay, { sweepMs: 50, graceMs: 50, lingerMs: 300, patienceMs: 5_000 }));
    relay.start();
    return { ...ports, relay, sweeper };
  };
  const consumers = new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: 2_000, workingMs: 500 });
  const taken: string[] = [];
  const priorities: string[] = [];
  const host = async ({ slots = 4, until = () => Promise.resolve() }: { slots?: number; until?: () => Promise<void> } = {}) => {
    const consumer = await consumers.tasks({
      cell: 'mainpc',
      capabilities: ['secret-scan'],
      slots,
      handler: async ({ message }) => {
        taken.push(attemptId(message));
        priorities.push(message.priority);
        await until();
        return { kind: 'done' };
      },
    });
    stack.defer(() => consumer.drain(1_000));
  };
  const facts = async (runId: string): Promise<string[]> => {
    const found: CloudEvent[] = [];
    for await (const event of bus.readFacts({ runId })) found.push(event);
    return found.map(({ id }) => id);
  };
  return {
    config,
    nats,
    ensure,
    writer,
    relaying,
    host,
    taken,
    priorities,
    facts,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

describe('relay and sweeper between PostgreSQL and JetStream', () => {
  it('bring the tasks and facts of a commit to hosts and listeners', async () => {
    await using world = await cell();
    const { log, pool } = world.writer;
    const { table, cursor } = world.relaying(log, pool);
    await world.host();
    const runId = randomUUID();
    await log.append(runId, 0, [submitted(), scheduled('a'), scheduled('b')]);
    await expect
      .poll(() => world.taken.toSorted((a, b) => a.localeCompare(b)), { timeout: 10_000 })
      .toEqual([`${runId}:a:1`, `${runId}:b:1`]);
    await log.append(runId, 3, [completed('a'), completed('b'), runCompleted()]);
    await expect.poll(() => world.facts(runId), { timeout: 10_000 }).toEqual([1, 2, 3, 4, 5, 6].map((n) => `${runId}:${n}`));
    await expect.poll(() => cursor.behind(0, 10), { timeout: 10_000 }).toEqual([]);
    expect(await table.lingering(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  it('publish after a crash between commit and publish', async () => {
    await using world = await cell();
    const runId = randomUUID();
    await world.writer.log.append(runId, 0, [submitted(), scheduled('a')]); // its process had no time for more
    await using next = openReplica(world.config);
    const { sweeper } = world.relaying(next.log, next.pool);
    sweeper.start();
    await world.host();
    await expect.poll(() => world.taken, { timeout: 10_000 }).toEqual([`${runId}:a:1`]);
    await expect.poll(() => world.facts(runId), { timeout: 10_000 }).toEqual([`${runId}:1`, `${runId}:2`]);
  });

  it('send a task anew that the stream lost with all its store', async () => {
    await using world = await cell();
    const { log, pool } = world.writer;
    const { sweeper, table } = world.relaying(log, pool);
    const runId = randomUUID();
    await log.append(runId, 0, [submitted(), scheduled('a')]);
    await expect.poll(() => table.lingering(Number.MAX_SAFE_INTEGER, 10), { timeout: 10_000 }).toHaveLength(1);
    await world.nats.stop();
    await rm(path.join(world.nats.dir, 'jetstream'), { recursive: true, force: true });
    await world.nats.restart();
    await expect
      .poll(
        () =>
          world.ensure().then(
            () => true,
            () => false,
          ),
        { timeout: 15_000 },
      )
      .toBe(true);
    sweeper.start();
    await world.host();
    await expect.poll(() => world.taken, { timeout: 15_000 }).toEqual([`${runId}:a:1`]);
    const redispatches = async () => (await table.lingering(Number.MAX_SAFE_INTEGER, 10))[0]?.redispatches;
    await expect.poll(redispatches).toBeGreaterThanOrEqual(1);
  });

  it('get over nats-server being away during commits', async () => {
    await using world = await cell();
    const { log, pool } = world.writer;
    const { sweeper } = world.relaying(log, pool);
    sweeper.start();
    await world.host();
    await world.nats.kill();
    const runId = randomUUID();
    await log.append(runId, 0, [submitted(), scheduled('a')]);
    await world.nats.restart();
    await expect.poll(() => world.taken, { timeout: 20_000 }).toContain(`${runId}:a:1`);
    await expect.poll(() => world.facts(runId), { timeout: 20_000 }).toEqual([`${runId}:1`, `${runId}:2`]);
  });

  it('move waiting tasks to a later priority while a host is busy, and no task is given out twice', async () => {
    await using world = await cell();
    const { log, pool } = world.writer;
    const { table } = world.relaying(log, pool);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await world.host({ slots: 1, until: () => released });
    const [busy, other, runId] = [randomUUID(), randomUUID(), randomUUID()];
    await log.append(busy, 0, [submitted(), scheduled('busy')]);
    await expect.poll(() => world.taken).toEqual([`${busy}:busy:1`]);
    await log.append(other, 0, [submitted(), scheduled('other')]);
    await log.append(runId, 0, [submitted(), ...['a', 'b', 'c'].map((step) => scheduled(step))]);
    await expect.poll(() => table.unpublished(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    await log.append(busy, 2, [{ type: 'run.prioritized', data: { by: 'x', priority: 'critical' } }]);
    await log.append(runId, 4, [{ type: 'run.prioritized', data: { by: 'x', priority: 'critical' } }]);
    // What the host has stays where it is.
    await expect.poll(async () => (await table.misplaced(10)).map((row) => row.runId)).toEqual([busy]);
    release();
    await expect.poll(() => world.taken).toHaveLength(5);
    expect(world.priorities).toEqual(['normal', 'critical', 'critical', 'critical', 'normal']);
    const mine = ['a', 'b', 'c'].map((step) => `${runId}:${step}:1`);
    expect(world.taken.slice(1, 4).toSorted()).toEqual(mine);
    expect(world.taken.at(-1)).toBe(`${other}:other:1`);
  });
});
