import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUser } from '@nats-io/nkeys';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LinkStatus, type NatsLink, connectNats, readSeed } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { LeakCheck, NatsTestServer, eventually } from '../src/testing/index.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

const LIMIT_MS = 30_000;

let dir: string;
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'aet-seed-'))));
afterAll(() => rm(dir, { recursive: true, force: true }));

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('a seed file', () => {
  const seed = createUser().getSeed();

  it('is read when it belongs to its reader alone', async () => {
    await writeFile(join(dir, 'km.nk'), `${text(seed)}\n`, { mode: 0o600 });
    expect(text(await readSeed(dir, 'km'))).toBe(text(seed));
  });

  it.each([0o640, 0o604, 0o644, 0o660])('is refused with mode %o', async (mode) => {
    await writeFile(join(dir, 'agent.nk'), seed, { mode: 0o600 });
    await chmod(join(dir, 'agent.nk'), mode);
    await expect(readSeed(dir, 'agent')).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: expect.stringContaining('chmod 600'),
    });
  });

  it('is missed with the way to get one', async () => {
    await expect(readSeed(dir, 'gateway')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is refused when it holds no seed, without telling what it holds', async () => {
    await writeFile(join(dir, 'leaf.nk'), 'SUSECRETTEXT', { mode: 0o600 });
    const error = await readSeed(dir, 'leaf').catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect((error as Error).message).not.toContain('SECRET');
  });

  it('is never sought outside of its folder', async () => {
    await expect(readSeed(dir, '../km')).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  });
});

describe.concurrent('a link', () => {
  it('knows its server and is named there', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km-12345678' });
    expect(link.status).toBe('connected');
    expect(link.serverVersion).toMatch(/^2\.\d+\.\d+$/);
    expect(link.maxPayload).toBe(1_048_576);
    await link.close();
    expect(link.status).toBe('closed');
  });

  it('goes through reconnecting when the server restarts, and comes back', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km' });
    const seen: LinkStatus[] = [];
    link.onStatus((status) => seen.push(status));
    await nats.kill();
    await vi.waitFor(() => expect(link.status).toBe('reconnecting'), { timeout: 20_000 });
    await nats.restart();
    await vi.waitFor(() => expect(link.status).toBe('connected'), { timeout: 20_000 });
    expect(seen).toEqual(['reconnecting', 'connected']);
    await link.close();
    expect(seen).toEqual(['reconnecting', 'connected', 'closed']);
  });

  it('notices a server that hangs without closing the connection', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km' });
    nats.pause();
    await vi.waitFor(() => expect(link.status).toBe('reconnecting'), { timeout: 30_000 });
    nats.resume();
    await vi.waitFor(() => expect(link.status).toBe('connected'), { timeout: 30_000 });
    await link.close();
  });

  it('is not made where no server answers, and says where', async () => {
    const url = 'nats://127.0.0.1:1';
    await expect(connectNats({ servers: [url], user: 'km', name: 'km' })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(url),
    });
  });

  it('waits for a server that is not there yet, when told so', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    await nats.stop();
    const linking = connectNats({ servers: [nats.url], user: 'km', name: 'km', waitOnFirstConnect: true });
    await nats.restart();
    const link = await linking;
    expect(link.status).toBe('connected');
    await link.close();
  });
});

describe.concurrent('a link to several servers', () => {
  const both = async () => {
    const [first, second] = await Promise.all([
      NatsTestServer.start({ jetstream: false }),
      NatsTestServer.start({ jetstream: false }),
    ]);
    const link = await connectNats({ servers: [first.url, second.url], user: 'km', name: 'km' });
    const [here, there] = first.url.endsWith(link.server) ? [first, second] : [second, first];
    const dispose = async (): Promise<void> => {
      await link.close();
      await Promise.all([first, second].map((server) => server[Symbol.asyncDispose]()));
    };
    return { link, here, there, [Symbol.asyncDispose]: dispose };
  };
  const isOn = (link: NatsLink, server: NatsTestServer): boolean =>
    link.status === 'connected' && server.url.endsWith(link.server);

  it('moves to the other when its own is killed, and back', async () => {
    await using cell = await both();
    const { link, here, there } = cell;
    const lostAt = performance.now();
    await here.kill();
    await eventually(() => isOn(link, there), 'the link has moved', LIMIT_MS);
    // A generous bound for a busy machine; it takes milliseconds.
    expect(performance.now() - lostAt).toBeLessThan(10_000);
    expect(link.counts).toMatchObject({ disconnects: 1, reconnects: 1 });
    await here.restart();
    await there.kill();
    await eventually(() => isOn(link, here), 'the link has moved', LIMIT_MS);
    expect(link.counts).toMatchObject({ disconnects: 2, reconnects: 2, slowConsumers: 0 });
  });

  it('leaves one that hangs, and does not try it again while there is another', async () => {
    await using cell = await both();
    const { link, here, there } = cell;
    here.pause();
    await eventually(() => isOn(link, there), 'the link has moved', LIMIT_MS);
    expect(link.counts).toMatchObject({ disconnects: 1, reconnects: 1, staleConnections: 1 });
    here.resume();
  });

  it('finds the one that was not there when it was made', async () => {
    await using later = await NatsTestServer.start({ jetstream: false });
    await using now = await NatsTestServer.start({ jetstream: false });
    await later.stop();
    const link = await connectNats({ servers: [later.url, now.url], user: 'km', name: 'km' });
    expect(isOn(link, now)).toBe(true);
    await later.restart();
    await now.kill();
    await eventually(() => isOn(link, later), 'the link has moved', LIMIT_MS);
    await link.close();
  });
});

describe('a slow consumer', () => {
  it('is counted and logged when more messages wait than it wants', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km' });
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const subscription = connectionOf(link).subscribe('test.slow', { slow: 10 });
    for (let index = 0; index < 50; index++) connectionOf(link).publish('test.slow', 'x');
    await expect.poll(() => link.counts.slowConsumers).toBe(1);
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('test.slow'));
    logged.mockRestore();
    subscription.unsubscribe();
    await link.close();
  });
});

describe('credentials', () => {
  it('are proved by the seed, and only that user gets in', async () => {
    const [known, unknown] = [createUser(), createUser()];
    const config = `authorization { users: [ { nkey: ${known.getPublicKey()} } ] }`;
    await using nats = await NatsTestServer.start({ jetstream: false, config });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km', seed: known.getSeed() });
    await nats.restart();
    await vi.waitFor(() => expect(link.status).toBe('connected'), { timeout: 20_000 });
    const stranger = connectNats({ servers: [nats.url], user: 'km', name: 'km', seed: unknown.getSeed() });
    await expect(stranger).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const nobody = connectNats({ servers: [nats.url], user: 'km', name: 'km' });
    await expect(nobody).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await link.close();
  });
});

describe.concurrent('a drain', () => {
  it('lets subscriptions handle what has arrived, and sends what is buffered', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const linkTo = (user: string) => connectNats({ servers: [nats.url], user, name: user });
    const [sender, receiver] = await Promise.all([linkTo('gateway'), linkTo('km')]);
    let received = 0;
    connectionOf(receiver).subscribe('test.drain', { callback: () => void (received += 1) });
    await connectionOf(receiver).flush();
    for (let index = 0; index < 1_000; index++) connectionOf(sender).publish('test.drain', 'x');
    await sender.drain();
    await receiver.drain();
    expect(received).toBe(1_000);
    expect([sender.status, receiver.status]).toEqual(['closed', 'closed']);
  });

  it('is at once when idle', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km' });
    const startedAt = performance.now();
    await Promise.all([link.drain(), link.drain()]);
    await link.drain();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('does not wait for a server that is gone', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km' });
    connectionOf(link).subscribe('test.drain', { callback: () => undefined });
    await nats.kill();
    await vi.waitFor(() => expect(link.status).toBe('reconnecting'), { timeout: 20_000 });
    const startedAt = performance.now();
    await link.drain();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(link.status).toBe('closed');
  });

  it('does not wait for ever for a server that hangs', async () => {
    await using nats = await NatsTestServer.start({ jetstream: false });
    const link = await connectNats({ servers: [nats.url], user: 'km', name: 'km' });
    connectionOf(link).subscribe('test.drain', { callback: () => undefined });
    nats.pause();
    const startedAt = performance.now();
    await link.drain();
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(link.status).toBe('closed');
  });
});
