import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NatsRpcClient, type NatsLink, connectNats } from '../src/index.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';
import { Echo, identity, startEcho } from './echo-service.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

let nats: NatsTestServer;
let caller: NatsLink;
let client: NatsRpcClient;

const linkTo = (user: string): Promise<NatsLink> => connectNats({ servers: [nats.url], user, name: user });

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  caller = await linkTo('gateway');
  client = new NatsRpcClient(caller, { namespace: 'default', defaultTimeoutMs: 5_000 });
});
afterAll(async () => {
  await caller.close();
  await nats[Symbol.asyncDispose]();
});

describe('the drain of a server', () => {
  it('is immediate when idle', async () => {
    const link = await linkTo('km');
    const server = await startEcho(link);
    const startedAt = performance.now();
    await server.drain();
    await link.drain();
    // Less than what it would give streams, or a server that does not answer.
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('waits for the handlers in hand, and their callers get their answers', async () => {
    const link = await linkTo('km');
    const server = await startEcho(link);
    const calls = Array.from({ length: 20 }, () => client.call(Echo.wait, { ms: 600 }));
    await vi.waitFor(() => expect(server.active).toBe(20), { timeout: 20_000 });
    await server.drain();
    expect(server.active).toBe(0);
    await link.close();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, () => ({ waited: 600 })));
  });

  it('loses no request of a steady load that another instance shares', async () => {
    const [first, second] = await Promise.all([linkTo('km'), linkTo('km')]);
    const [leaving] = await Promise.all([startEcho(first, identity('km-aaaaaaaa')), startEcho(second, identity('km-bbbbbbbb'))]);
    const answered: string[] = [];
    const by = (instance: string): number => answered.filter((name) => name === instance).length;
    const failures: unknown[] = [];
    const stop = new AbortController();
    const caller = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await client.call(Echo.say, { text: 'x' }).then(
          (reply) => answered.push(reply.by),
          (error: unknown) => failures.push(error),
        );
      }
    };
    const load = Promise.all(Array.from({ length: 32 }, caller));
    await vi.waitFor(() => expect(by('km-aaaaaaaa')).toBeGreaterThan(300), { timeout: 20_000 });
    await leaving.drain();
    await first.drain();
    const after = by('km-bbbbbbbb');
    await vi.waitFor(() => expect(by('km-bbbbbbbb')).toBeGreaterThan(after + 300), { timeout: 20_000 });
    stop.abort();
    await load;
    expect(failures).toEqual([]);
    await second.close();
  });

  it('does not hang when NATS is gone', async () => {
    await using server = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [server.url], user: 'km', name: 'km' });
    const echo = await startEcho(link);
    await server.kill();
    await vi.waitFor(() => expect(link.status).toBe('reconnecting'), { timeout: 20_000 });
    const startedAt = performance.now();
    await echo.drain();
    await link.drain();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
