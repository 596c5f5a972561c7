import { Cancelled, DeadlinePassed, Header } from '@aet/contracts';
import { type NatsConnection, headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NatsRpcClient, type NatsLink, type NatsRpcServer, connectNats } from '../src/index.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';
import { Long, seen, startLong } from './long-service.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

const CANCELS = 'aet.default.rpc.km._cancel';

let nats: NatsTestServer;
let serverLink: NatsLink;
let server: NatsRpcServer;
let link: NatsLink;
let client: NatsRpcClient;
let plain: NatsConnection;

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  serverLink = await connectNats({ servers: [nats.url], user: 'km', name: 'km' });
  server = await startLong(serverLink);
  link = await connectNats({ servers: [nats.url], user: 'gateway', name: 'gateway' });
  client = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000 });
  plain = await connect({ servers: nats.url });
});
afterAll(async () => {
  await plain.close();
  await link.close();
  await serverLink.close();
  await nats[Symbol.asyncDispose]();
});
beforeEach(() => Object.assign(seen, { signals: [], made: 0, ended: 0 }));

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );
const began = async (): Promise<void> => {
  await expect.poll(() => seen.signals.length).toBe(1);
};

describe('a caller that waits no longer', () => {
  it('is known to the handler when it aborts', async () => {
    const controller = new AbortController();
    const call = codeOf(client.call(Long.work, {}, { signal: controller.signal }));
    await began();
    expect(seen.signals[0]?.aborted).toBe(false);
    controller.abort();
    expect(await call).toBe('CANCELLED');
    await expect.poll(() => seen.ended).toBe(1);
    expect(seen.signals[0]?.reason).toBeInstanceOf(Cancelled);
    await expect.poll(() => server.active).toBe(0);
  });

  it('is known to the handler when the deadline passes', async () => {
    const call = codeOf(client.call(Long.work, {}, { timeoutMs: 300 }));
    await began();
    // Whichever is first: the caller's own clock, or what the handler says when it hears of it.
    expect(['DEADLINE_PASSED', 'no error']).toContain(await call);
    await expect.poll(() => seen.ended).toBe(1);
    // Whichever is first: the responder's own clock or the caller's word.
    const reason: unknown = seen.signals[0]?.reason;
    expect(reason instanceof DeadlinePassed || reason instanceof Cancelled).toBe(true);
    await expect.poll(() => server.active).toBe(0);
  });

  it('is known to the handler when a plain client gave a deadline and no more', async () => {
    const sent = headers();
    sent.set(Header.Deadline, String(Date.now() + 200));
    const reply = await plain.request('aet.default.rpc.km.work', '', { timeout: 30_000, headers: sent });
    expect(reply.json()).toEqual({ ended: 'DEADLINE_PASSED' });
  });

  it('costs a handler that does not care nothing, and gets no late answer', async () => {
    const controller = new AbortController();
    const call = codeOf(client.call(Long.deaf, {}, { signal: controller.signal }));
    await expect.poll(() => seen.made).toBe(1);
    controller.abort();
    expect(await call).toBe('CANCELLED');
    // In order behind the word to cancel.
    await client.call(Long.single, {});
    const replies = plain.subscribe('_INBOX.gateway.>');
    await plain.flush();
    expect(server.active).toBe(1);
    seen.release();
    await expect.poll(() => server.active).toBe(0);
    expect(seen.ended).toBe(1);
    // In order behind an answer to the call, if there was one.
    await client.call(Long.single, {});
    await plain.flush();
    expect(replies.getReceived()).toBe(1);
    replies.unsubscribe();
  });
});

describe('a word to cancel', () => {
  it('that comes late, twice, or for an unknown call changes nothing', async () => {
    const heard: string[] = [];
    const spy = plain.subscribe(CANCELS, { callback: (_error, message) => void heard.push(message.string()) });
    await plain.flush();
    const controller = new AbortController();
    const call = codeOf(client.call(Long.work, {}, { signal: controller.signal }));
    await began();
    controller.abort();
    expect(await call).toBe('CANCELLED');
    await expect.poll(() => heard.length).toBe(1);
    plain.publish(CANCELS, heard[0]);
    plain.publish(CANCELS, heard[0]);
    plain.publish(CANCELS, '_INBOX.nobody.1');
    plain.publish(CANCELS, '');
    await plain.flush();
    spy.unsubscribe();
    // In order behind them.
    expect(await client.call(Long.single, {})).toEqual({ at: 1 });
    expect(seen.ended).toBe(1);
    expect(server.active).toBe(0);
  });

  it('reaches the call that it names and no other', async () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const calls = [one, other].map(({ signal }) => codeOf(client.call(Long.work, {}, { signal })));
    await expect.poll(() => seen.signals.length).toBe(2);
    one.abort();
    expect(await calls[0]).toBe('CANCELLED');
    await expect.poll(() => server.active).toBe(1);
    other.abort();
    expect(await calls[1]).toBe('CANCELLED');
    await expect.poll(() => server.active).toBe(0);
  });

  it('is not said of a call that was answered', async () => {
    let heard = 0;
    const spy = plain.subscribe(CANCELS, { callback: () => void (heard += 1) });
    await plain.flush();
    const controller = new AbortController();
    await client.call(Long.single, {}, { signal: controller.signal });
    controller.abort();
    await client.call(Long.single, {});
    await plain.flush();
    expect(heard).toBe(0);
    spy.unsubscribe();
  });
});
