import { Header, RemoteError } from '@aet/contracts';
import { correlation } from '@aet/telemetry';
import { headers, type NatsConnection } from '@nats-io/nats-core';
import { createUser } from '@nats-io/nkeys';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NatsRpcClient, type NatsLink, connectNats } from '../src/index.js';
import { replyInboxOf } from '../src/rpc/reply-inbox.js';
import { LeakCheck, NatsTestServer, rpcClientContract } from '../src/testing/index.js';
import { Echo, identity, startEcho } from './echo-service.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

let nats: NatsTestServer;
let serverLink: NatsLink;
let link: NatsLink;
let client: NatsRpcClient;
let plain: NatsConnection;

const linkTo = (server: NatsTestServer, user: string): Promise<NatsLink> =>
  connectNats({ servers: [server.url], user, name: user });

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  serverLink = await linkTo(nats, 'km');
  await startEcho(serverLink);
  link = await linkTo(nats, 'gateway');
  client = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000 });
  plain = await connect({ servers: nats.url });
});
afterAll(async () => {
  await plain.close();
  await link.close();
  await serverLink.close();
  await nats[Symbol.asyncDispose]();
});

const codeOf = async (call: Promise<unknown>): Promise<string> => {
  const error: unknown = await call.catch((reason: unknown) => reason);
  return (error as { code?: string }).code ?? `no error but ${JSON.stringify(error)}`;
};

describe('the contract of a client', () => {
  it.each(rpcClientContract)('$name', async ({ obeysContract }) => {
    const own = await linkTo(nats, 'gateway');
    const methods = { echo: Echo.say, conflict: Echo.conflict, wait: Echo.wait, absent: { ...Echo.nothing, method: 'absent' } };
    const caller = new NatsRpcClient(own, { namespace: 'default', defaultTimeoutMs: 5_000 });
    await obeysContract({ client: caller, methods, close: () => own.close() });
    await own.close();
  });
});

describe('a call', () => {
  it('gives the reply', async () => {
    expect(await client.call(Echo.say, { text: 'hello' })).toMatchObject({ text: 'hello', isSay: true });
    expect(await client.call(Echo.nothing, {})).toBeUndefined();
  });

  it('reaches one cell, or one instance', async () => {
    expect(await client.call(Echo.say, { text: 'a' }, { cell: 'here' })).toMatchObject({ by: 'km-aaaaaaaa' });
    expect(await client.call(Echo.say, { text: 'a' }, { instance: 'km-aaaaaaaa' })).toMatchObject({ by: 'km-aaaaaaaa' });
    expect(await codeOf(client.call(Echo.say, { text: 'a' }, { cell: 'elsewhere' }))).toBe('NO_RESPONDERS');
    expect(await codeOf(client.call(Echo.say, { text: 'a' }, { instance: 'no.token' }))).toBe('INVALID_TOKEN');
  });

  it('fails at once when nobody answers', async () => {
    const call = client.call({ ...Echo.say, method: 'unknown' }, { text: 'a' }, { timeoutMs: 600_000 });
    expect(await codeOf(call)).toBe('NO_RESPONDERS');
  });

  it('gives back the error of the other side, with its code, decision and details', async () => {
    const error = await client.call(Echo.conflict, {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      code: 'CONFLICT',
      retryable: false,
      message: 'somebody was first',
      details: { revision: 7 },
      from: 'aet.default.rpc.km.conflict',
    });
  });

  it('keeps many calls in flight apart on one inbox', async () => {
    const texts = Array.from({ length: 500 }, (_, index) => `text ${index}`);
    const replies = await Promise.all(texts.map((text) => client.call(Echo.say, { text })));
    expect(replies.map(({ text }) => text)).toEqual(texts);
    expect(replyInboxOf(link).waiting).toBe(0);
  });

  it('refuses what is too large before it is sent', async () => {
    const sent = await serverSent();
    expect(await codeOf(client.call(Echo.say, { text: 'x'.repeat(1_100_000) }))).toBe('PAYLOAD_TOO_LARGE');
    expect(await serverSent()).toBe(sent);
  });
});

const serverSent = async (): Promise<number> =>
  (await plain.request('aet.default.rpc.km.say', '{"text":"x"}')).json<{ text: string }>().text.length;

describe('the time of a call', () => {
  it('ends it, and not too early', async () => {
    const startedAt = performance.now();
    expect(await codeOf(client.call(Echo.wait, { ms: 1_000 }, { timeoutMs: 80 }))).toBe('DEADLINE_PASSED');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(80);
    expect(replyInboxOf(link).waiting).toBe(0);
  });

  it('ends each of many at its own', async () => {
    const order: number[] = [];
    const ended = [600, 50, 300].map(async (timeoutMs) => {
      const startedAt = performance.now();
      expect(await codeOf(client.call(Echo.wait, { ms: 1_500 }, { timeoutMs }))).toBe('DEADLINE_PASSED');
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(timeoutMs);
      order.push(timeoutMs);
    });
    await Promise.all(ended);
    expect(order).toEqual([50, 300, 600]);
  });

  it('is told to the other side, the earlier of timeout and deadline', async () => {
    const before = Date.now();
    const { deadline } = await client.call(Echo.context, {}, { timeoutMs: 60_000, deadline: before + 1_500 });
    expect(deadline).toBe(before + 1_500);
    const timed = await client.call(Echo.context, {}, { timeoutMs: 700, deadline: before + 60_000 });
    expect(timed.deadline).toBeGreaterThanOrEqual(before + 700);
    expect(timed.deadline).toBeLessThanOrEqual(Date.now() + 700);
  });

  it('is not longer than that of the work that it belongs to', async () => {
    const deadline = Date.now() + 1_000;
    const seen = await correlation.run({ correlationId: 'c', deadline }, () =>
      client.call(Echo.context, {}, { timeoutMs: 30_000 }),
    );
    expect(seen.deadline).toBe(deadline);
  });

  it('is over before anything is sent when the deadline has passed', async () => {
    expect(await codeOf(client.call(Echo.say, { text: 'a' }, { deadline: Date.now() - 1 }))).toBe('DEADLINE_PASSED');
  });
});

describe('an abort', () => {
  it('ends the call at once', async () => {
    const controller = new AbortController();
    const call = codeOf(client.call(Echo.wait, { ms: 1_000 }, { signal: controller.signal }));
    controller.abort();
    expect(await call).toBe('CANCELLED');
    expect(replyInboxOf(link).waiting).toBe(0);
  });

  it('before the call sends nothing', async () => {
    expect(await codeOf(client.call(Echo.say, { text: 'a' }, { signal: AbortSignal.abort() }))).toBe('CANCELLED');
  });
});

describe('what a call carries', () => {
  it('is the correlation and trace of the work that it belongs to', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const seen = await correlation.run({ correlationId: 'run-1', traceparent }, () => client.call(Echo.context, {}));
    expect(seen).toMatchObject({ correlationId: 'run-1', traceparent });
  });

  it('is a new correlation and trace where there is none', async () => {
    const seen = await client.call(Echo.context, {});
    expect(seen.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it("is the caller's own correlation id when it gives one", async () => {
    expect(await client.call(Echo.context, {}, { correlationId: 'mine' })).toMatchObject({ correlationId: 'mine' });
  });
});

describe('a responder that is not of AET', () => {
  const respond = (method: string, payload: string, withHeaders: Record<string, string> = {}) => {
    const sent = headers();
    for (const [name, value] of Object.entries(withHeaders)) sent.set(name, value);
    return plain.subscribe(`aet.default.rpc.km.${method}`, {
      callback: (_error, message) => void message.respond(payload, { headers: sent }),
    });
  };

  it('is asked in plain JSON', async () => {
    let asked: unknown;
    const subscription = plain.subscribe('aet.default.rpc.km.foreign', {
      callback: (_error, message) => {
        asked = { body: message.json(), hasDeadline: message.headers?.has(Header.Deadline) };
        message.respond('{"text":"hi"}');
      },
    });
    await plain.flush();
    expect(await client.call({ ...Echo.say, method: 'foreign' }, { text: 'hello' })).toEqual({ text: 'hi' });
    expect(asked).toEqual({ body: { text: 'hello' }, hasDeadline: true });
    subscription.unsubscribe();
  });

  it('may fail by the headers of ADR-32 alone', async () => {
    const subscription = respond('foreign', '', { [Header.ErrorCode]: '404', [Header.Error]: 'no such thing' });
    await plain.flush();
    const error = await client.call({ ...Echo.say, method: 'foreign' }, { text: 'a' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: 'no such thing' });
    subscription.unsubscribe();
  });

  it('may answer nonsense', async () => {
    const subscription = respond('foreign', 'not json');
    await plain.flush();
    expect(await codeOf(client.call({ ...Echo.say, method: 'foreign' }, { text: 'a' }))).toBe('INTERNAL');
    subscription.unsubscribe();
  });
});

describe('a connection that breaks', () => {
  it('ends calls in flight as unavailable, and later calls wait for it', async () => {
    await using server = await NatsTestServer.start({ jetstream: false });
    const echoLink = await linkTo(server, 'km');
    await startEcho(echoLink, identity('km-cccccccc'));
    const callerLink = await linkTo(server, 'gateway');
    const caller = new NatsRpcClient(callerLink, { namespace: 'default', defaultTimeoutMs: 10_000 });
    const inFlight = codeOf(caller.call(Echo.wait, { ms: 5_000 }));
    await caller.call(Echo.say, { text: 'first' });

    await server.kill();
    expect(await inFlight).toBe('UNAVAILABLE');
    const later = caller.call(Echo.say, { text: 'again' });
    const impatient = codeOf(caller.call(Echo.say, { text: 'now' }, { timeoutMs: 50 }));
    expect(await impatient).toBe('UNAVAILABLE');
    await server.restart();
    // The responder may come back after the caller.
    const reply = await later.catch(() => vi.waitFor(() => caller.call(Echo.say, { text: 'again' }), { timeout: 5_000 }));
    expect(reply).toMatchObject({ text: 'again' });

    await callerLink.close();
    expect(await codeOf(caller.call(Echo.say, { text: 'gone' }))).toBe('UNAVAILABLE');
    await echoLink.close();
  });

  it('ends calls in flight when the link is closed', async () => {
    const callerLink = await linkTo(nats, 'gateway');
    const caller = new NatsRpcClient(callerLink, { namespace: 'default', defaultTimeoutMs: 10_000 });
    const inFlight = codeOf(caller.call(Echo.wait, { ms: 800 }));
    await caller.call(Echo.say, { text: 'sent' });
    await callerLink.close();
    expect(await inFlight).toBe('UNAVAILABLE');
  });
});

describe('a caller without permission', () => {
  it('learns it at once', async () => {
    const key = createUser();
    const config = `authorization { users: [
      { nkey: ${key.getPublicKey()}, permissions: { publish: "nothing", subscribe: "_INBOX.gateway.>" } }
    ] }`;
    await using server = await NatsTestServer.start({ jetstream: false, config });
    const callerLink = await connectNats({ servers: [server.url], user: 'gateway', name: 'gateway', seed: key.getSeed() });
    const caller = new NatsRpcClient(callerLink, { namespace: 'default', defaultTimeoutMs: 10_000 });
    expect(await codeOf(caller.call(Echo.say, { text: 'a' }))).toBe('FORBIDDEN');
    await callerLink.close();
  });
});
