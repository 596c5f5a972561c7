import { type NatsConnection, createInbox, headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NatsRpcClient, type NatsLink, type NatsRpcServer, connectNats } from '../src/index.js';
import { replyInboxOf } from '../src/rpc/reply-inbox.js';
import { LeakCheck, NatsTestServer, subscriptionCount } from '../src/testing/index.js';
import { Long, seen, startLong } from './long-service.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

let nats: NatsTestServer;
let serverLink: NatsLink;
let server: NatsRpcServer;
let link: NatsLink;
let client: NatsRpcClient;
let plain: NatsConnection;

const linkTo = (user: string): Promise<NatsLink> => connectNats({ servers: [nats.url], user, name: user });

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  serverLink = await linkTo('km');
  server = await startLong(serverLink, { heartbeatMs: 100 });
  link = await linkTo('gateway');
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

const nothingLeft = async (): Promise<void> => {
  await expect.poll(() => server.active).toBe(0);
  expect(replyInboxOf(link).waiting).toBe(0);
};
async function read(stream: AsyncIterable<{ at: number }>): Promise<{ items: number[]; error?: Record<string, unknown> }> {
  const items: number[] = [];
  try {
    for await (const { at } of stream) items.push(at);
    return { items };
  } catch (error) {
    return { items, error: error as Record<string, unknown> };
  }
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('a stream of replies', () => {
  it.each([0, 1, 63, 64, 65, 1_000])('gives all %i items in order, and ends', async (to) => {
    expect(await read(client.stream(Long.count, { to }))).toEqual({ items: upTo(to) });
    await nothingLeft();
  });

  it('comes from an Observable as well, and from behind an interceptor', async () => {
    expect(await read(client.stream(Long.observed, { to: 500 }))).toEqual({ items: upTo(500) });
    expect(await read(client.stream(Long.wrapped, { to: 100 }))).toEqual({ items: upTo(100) });
    expect(await read(client.stream(Long.single, {}))).toEqual({ items: [1] });
  });

  it('carries the work that it belongs to', async () => {
    for await (const { correlationId } of client.stream(Long.count, { to: 3 }, { correlationId: 'mine' }))
      expect(correlationId).toBe('mine');
  });

  it('runs beside others on one inbox', async () => {
    const sizes = [200, 1, 77, 0, 300];
    const read_ = await Promise.all(sizes.map((to) => read(client.stream(Long.count, { to }))));
    expect(read_.map(({ items }) => items.length)).toEqual(sizes);
  });

  it('gives the last item to a caller that reads one reply', async () => {
    expect(await client.call(Long.count, { to: 5 })).toMatchObject({ at: 5 });
    expect(await client.call(Long.observed, { to: 5 })).toEqual({ at: 5 });
  });

  it('fails as a call does: nobody there, bad request, bad credit', async () => {
    const absent = await read(client.stream({ ...Long.count, method: 'absent' }, { to: 1 }));
    expect(absent.error).toMatchObject({ code: 'NO_RESPONDERS' });
    expect((await read(client.stream(Long.count, { to: -1 }))).error).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect((await read(client.stream(Long.count, { to: 1 }, { window: 0 }))).error).toMatchObject({ code: 'VALIDATION_FAILED' });
    await nothingLeft();
  });

  it('may fail in the middle, with a typed error behind what came before', async () => {
    const { items, error } = await read(client.stream(Long.breaks, { to: 10 }));
    expect(items).toEqual(upTo(10));
    expect(error).toMatchObject({ name: 'RemoteError', code: 'CONFLICT', details: { revision: 7 } });
    await nothingLeft();
  });
});

describe('a reader that is slow', () => {
  it('makes the responder wait: no more is made than was granted', async () => {
    const stream = client.stream(Long.count, { to: 1_000 }, { window: 8 });
    const first = await stream.next();
    expect(first.value).toMatchObject({ at: 1 });
    await expect.poll(() => seen.made).toBe(8);
    // Whatever was granted has been answered when this is.
    await client.call(Long.single, {});
    expect(seen.made).toBe(8);
    let last = 0;
    for await (const { at } of stream) last = at;
    expect(last).toBe(1_000);
  });

  it('cannot hold back a source that does not wait: that ends with RESOURCE_EXHAUSTED', async () => {
    const stream = client.stream(Long.flood, { to: 100_000 }, { window: 8 });
    await stream.next();
    expect((await read(stream)).error).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryable: true });
    await nothingLeft();
  });
});

describe('a reader that stops', () => {
  it('stops the generator by leaving the loop', async () => {
    for await (const { at } of client.stream(Long.forever, {})) if (at >= 5) break;
    await expect.poll(() => seen.ended).toBe(1);
    await nothingLeft();
  });

  it('stops an Observable', async () => {
    for await (const { at } of client.stream(Long.ticks, {})) if (at >= 3) break;
    await expect.poll(() => seen.subscribed).toBe(0);
    await nothingLeft();
  });

  it('stops it by its signal, while it waits', async () => {
    const controller = new AbortController();
    const reading = read(client.stream(Long.quiet, {}, { signal: controller.signal }));
    await expect.poll(() => server.active).toBe(1);
    controller.abort();
    expect((await reading).error).toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => seen.ended).toBe(1);
    await nothingLeft();
  });

  it('stops it by its deadline', async () => {
    const { error } = await read(client.stream(Long.quiet, {}, { timeoutMs: 400 }));
    expect(error).toMatchObject({ code: 'DEADLINE_PASSED' });
    await expect.poll(() => seen.ended).toBe(1);
    await nothingLeft();
  });

  it('leaves no subscription behind, however the stream ended', async () => {
    await read(client.stream(Long.count, { to: 1 }));
    const before = [subscriptionCount(link), subscriptionCount(serverLink)];
    await read(client.stream(Long.breaks, { to: 3 }));
    await read(client.stream(Long.quiet, {}, { timeoutMs: 200 }));
    for await (const _item of client.stream(Long.forever, {})) break;
    await nothingLeft();
    expect([subscriptionCount(link), subscriptionCount(serverLink)]).toEqual(before);
  });

  it('has made no call when it never began to read', async () => {
    client.stream(Long.forever, {});
    await client.call(Long.single, {});
    expect(server.active).toBe(0);
  });
});

describe('an end that is gone', () => {
  it('is noticed by the responder when it is the reader', async () => {
    const own = await linkTo('gateway');
    const reader = new NatsRpcClient(own, { namespace: 'default', defaultTimeoutMs: 30_000 });
    const reading = read(reader.stream(Long.quiet, {}));
    await expect.poll(() => server.active).toBe(1);
    await own.close();
    expect((await reading).error).toMatchObject({ code: 'UNAVAILABLE' });
    await expect.poll(() => seen.ended).toBe(1);
    await nothingLeft();
  });

  it('is noticed by both when the server between them restarts', async () => {
    await using between = await NatsTestServer.start({ jetstream: false });
    const here = await connectNats({ servers: [between.url], user: 'km', name: 'km' });
    const there = await connectNats({ servers: [between.url], user: 'gateway', name: 'gateway' });
    const own = await startLong(here, { heartbeatMs: 100 });
    const reader = new NatsRpcClient(there, { namespace: 'default', defaultTimeoutMs: 30_000 });
    const reading = read(reader.stream(Long.quiet, {}));
    await expect.poll(() => own.active).toBe(1);
    await between.restart();
    expect((await reading).error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    // The reader's process still listens on its inbox: only it can say that nobody reads.
    await expect.poll(() => seen.ended).toBe(1);
    await expect.poll(() => own.active).toBe(0);
    await Promise.all([here.close(), there.close()]);
  });

  it('is noticed by the reader when it is the responder', async () => {
    const impatient = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000, streamSilenceMs: 500 });
    const silent = plain.subscribe('aet.default.rpc.km.silent');
    await plain.flush();
    const { error } = await read(impatient.stream({ ...Long.count, method: 'silent' }, { to: 1 }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    silent.unsubscribe();
  });

  it('is not taken for gone while it has nothing to say', async () => {
    const impatient = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 30_000, streamSilenceMs: 2_000 });
    const controller = new AbortController();
    const reading = read(impatient.stream(Long.quiet, {}, { signal: controller.signal, timeoutMs: 3_000 }));
    expect((await reading).error).toMatchObject({ code: 'DEADLINE_PASSED' });
    await nothingLeft();
  });

  it('is a draining responder: its endless streams end with DRAINING', async () => {
    await server.drain();
    await serverLink.close();
    serverLink = await linkTo('km');
    server = await startLong(serverLink, { streamGraceMs: 50 });
    const reading = read(client.stream(Long.quiet, {}));
    await expect.poll(() => server.active).toBe(1);
    await server.drain();
    expect((await reading).error).toMatchObject({ code: 'DRAINING', retryable: true });
    await serverLink.close();
    serverLink = await linkTo('km');
    server = await startLong(serverLink, { heartbeatMs: 100 });
  });
});

describe('a plain NATS client', () => {
  it('reads a stream: items with sequence, more for credit, an end', async () => {
    const inbox = createInbox();
    const parts: { part: string; sequence: number; body: unknown; control: string }[] = [];
    const subscription = plain.subscribe(inbox, {
      callback: (_error, message) => {
        const part = message.headers?.get('Aet-Stream') ?? '';
        const body: unknown = message.data.length === 0 ? undefined : message.json();
        const sequence = Number(message.headers?.get('Aet-Stream-Sequence'));
        if (part !== 'idle') parts.push({ part, sequence, body, control: message.reply ?? '' });
        if (part === 'item' && sequence === 2) message.respond('10');
      },
    });
    const sent = headers();
    sent.set('Aet-Stream-Credit', '2');
    plain.publish('aet.default.rpc.km.observed', '{"to":3}', { reply: inbox, headers: sent });
    await expect.poll(() => parts.at(-1)?.part).toBe('end');
    expect(parts.map(({ part, sequence }) => [part, sequence])).toEqual([
      ['item', 1],
      ['item', 2],
      ['item', 3],
      ['end', 3],
    ]);
    expect(parts[2]?.body).toEqual({ at: 3 });
    expect(parts[0]?.control).toMatch(/^aet\.default\.rpc\.km\._credit\.km-llllllll\.[0-9a-f]{16}$/);
    subscription.unsubscribe();
  });

  it('stops a stream by a word to the subject that its items name', async () => {
    const inbox = createInbox();
    const subscription = plain.subscribe(inbox, { callback: (_error, message) => void message.respond('0') });
    const sent = headers();
    sent.set('Aet-Stream-Credit', '1000');
    plain.publish('aet.default.rpc.km.forever', '', { reply: inbox, headers: sent });
    await expect.poll(() => seen.ended).toBe(1);
    await expect.poll(() => server.active).toBe(0);
    subscription.unsubscribe();
  });

  const answer = (script: [part: string, sequence: number, body?: string][]) =>
    plain.subscribe('aet.default.rpc.km.foreign', {
      callback: (_error, message) => {
        for (const [part, sequence, body] of script) {
          const sent = headers();
          sent.set('Aet-Stream', part);
          sent.set('Aet-Stream-Sequence', String(sequence));
          message.respond(body ?? '', { headers: sent });
        }
      },
    });
  const foreign = { ...Long.count, method: 'foreign' };

  it('answers with a stream', async () => {
    const subscription = answer([
      ['idle', 0],
      ['item', 1, '{"at":1}'],
      ['item', 2, '{"at":2}'],
      ['end', 2],
    ]);
    await plain.flush();
    expect(await read(client.stream(foreign, { to: 1 }))).toEqual({ items: [1, 2] });
    subscription.unsubscribe();
  });

  it.each([
    [
      'an item',
      [
        ['item', 1, '{"at":1}'],
        ['item', 3, '{"at":3}'],
        ['end', 3],
      ] as [string, number, string?][],
      [1],
    ],
    [
      'the last item',
      [
        ['item', 1, '{"at":1}'],
        ['end', 2],
      ] as [string, number, string?][],
      [1],
    ],
    ['the first item', [['idle', 1]] as [string, number, string?][], []],
  ])('loses %s on the way, and the reader notices', async (_what, script, items) => {
    const subscription = answer(script);
    await plain.flush();
    const outcome = await read(client.stream(foreign, { to: 1 }));
    expect(outcome.items).toEqual(items);
    expect(outcome.error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('lost') });
    subscription.unsubscribe();
  });

  it('answers once, with what is no stream', async () => {
    const subscription = plain.subscribe('aet.default.rpc.km.foreign', {
      callback: (_error, message) => void message.respond('{"at":9}'),
    });
    await plain.flush();
    expect(await read(client.stream(foreign, { to: 1 }))).toEqual({ items: [9] });
    subscription.unsubscribe();
  });
});
