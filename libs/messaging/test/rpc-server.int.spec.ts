import { Header } from '@aet/contracts';
import { type Msg, type NatsConnection, headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NatsLink, connectNats } from '../src/index.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';
import { begun, identity, startEcho } from './echo-service.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

let nats: NatsTestServer;
let link: NatsLink;
/** A client that knows nothing of AET. */
let plain: NatsConnection;

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  link = await connectNats({ servers: [nats.url], user: 'km', name: 'km-aaaaaaaa' });
  await startEcho(link);
  plain = await connect({ servers: nats.url });
});
afterAll(async () => {
  await plain.close();
  await link.close();
  await nats[Symbol.asyncDispose]();
});

const ask = (method: string, body?: unknown, withHeaders: Record<string, string> = {}): Promise<Msg> => {
  const sent = headers();
  for (const [name, value] of Object.entries(withHeaders)) sent.set(name, value);
  const payload = typeof body === 'string' || body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
  return plain.request(`aet.default.rpc.km.${method}`, payload, { timeout: 2_000, headers: sent });
};
const errorOf = (message: Msg) => ({
  status: message.headers?.get('Nats-Service-Error-Code'),
  text: message.headers?.get('Nats-Service-Error'),
  body: message.json<{ code: string; message: string; retryable: boolean; details?: unknown }>(),
});

describe('a method asked by a plain NATS client', () => {
  it('answers plain JSON, with an instance of the request class in the handler', async () => {
    const reply = await ask('say', { text: 'hello' });
    expect(reply.json()).toEqual({ text: 'hello', isSay: true, by: 'km-aaaaaaaa' });
    expect(reply.headers?.get('Nats-Service-Error-Code') ?? '').toBe('');
  });

  it('takes an empty message for a request without fields', async () => {
    expect((await ask('context')).json()).toMatchObject({ subject: 'aet.default.rpc.km.context' });
  });

  it('answers an empty message when the handler returns nothing', async () => {
    expect((await ask('nothing')).data).toHaveLength(0);
  });

  it('answers on the address of its cell and of itself, and on no other', async () => {
    expect((await ask('say.in.here', { text: 'a' })).json()).toMatchObject({ text: 'a' });
    expect((await ask('say.@km-aaaaaaaa', { text: 'b' })).json()).toMatchObject({ text: 'b' });
    await expect(ask('say.in.elsewhere', { text: 'a' })).rejects.toThrow(/no responders/i);
    await expect(ask('say.@km-bbbbbbbb', { text: 'a' })).rejects.toThrow(/no responders/i);
  });

  it('shares requests among the instances of the service', async () => {
    const second = await connectNats({ servers: [nats.url], user: 'km', name: 'km-bbbbbbbb' });
    const server = await startEcho(second, identity('km-bbbbbbbb'));
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask('say', { text: 'x' })));
    await server.drain();
    await second.close();
    const by = answers.map((answer) => answer.json<{ by: string }>().by);
    expect(new Set(by)).toEqual(new Set(['km-aaaaaaaa', 'km-bbbbbbbb']));
  });
});

describe('what comes with a request', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  it('reaches the handler: correlation, trace, deadline, headers', async () => {
    const deadline = Date.now() + 5_000;
    const reply = await ask(
      'context',
      {},
      {
        [Header.CorrelationId]: 'abc',
        [Header.TraceParent]: traceparent,
        [Header.Deadline]: String(deadline),
        'X-Test': 'yes',
      },
    );
    expect(reply.json()).toMatchObject({ correlationId: 'abc', traceparent, deadline, header: 'yes' });
  });

  it('begins a correlation where there is none', async () => {
    const [one, two] = await Promise.all([ask('context'), ask('context')]);
    const ids = [one, two].map((reply) => reply.json<{ correlationId: string }>().correlationId);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).not.toBe(ids[0]);
  });

  it('is refused when the deadline has passed, and the handler is not called', async () => {
    const before = begun.waits;
    const { status, body } = errorOf(await ask('wait', { ms: 0 }, { [Header.Deadline]: String(Date.now() - 1) }));
    expect(status).toBe('504');
    expect(body).toMatchObject({ code: 'DEADLINE_PASSED', retryable: false });
    expect(begun.waits).toBe(before);
  });

  it('is refused when the deadline is no time', async () => {
    const { body } = errorOf(await ask('wait', { ms: 0 }, { [Header.Deadline]: 'soon' }));
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED', details: { violations: [{ path: Header.Deadline }] } });
  });
});

describe('a request that wants its reply elsewhere than in an inbox', () => {
  it('is not carried out and makes the service publish nothing', async () => {
    const target = 'aet.default.task.here.high.x';
    const forged = plain.subscribe(target);
    plain.publish('aet.default.rpc.km.say', JSON.stringify({ text: 'forged' }), { reply: target });
    await plain.flush();
    // In order behind the forged one: when this is answered, that was dealt with.
    expect((await ask('say', { text: 'after' })).json()).toMatchObject({ text: 'after' });
    expect(forged.getReceived()).toBe(0);
    forged.unsubscribe();
  });
});

describe('a request that is not valid', () => {
  it.each([
    ['is not JSON', '{"text":'],
    ['is a list', '[]'],
    ['is null', 'null'],
    ['is a text', '"hello"'],
    ['is not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
  ])('is refused when it %s', async (_what, payload) => {
    const { status, body } = errorOf(await ask('say', payload));
    expect(status).toBe('400');
    expect(body).toMatchObject({ code: 'VALIDATION_FAILED', details: { violations: [{ path: '', rule: 'json' }] } });
  });

  it('is refused with every violation by its path', async () => {
    const { status, text, body } = errorOf(await ask('say', { text: 5, details: [{ amount: 1 }, { amount: 0 }], extra: true }));
    expect(status).toBe('400');
    expect(text).toContain('VALIDATION_FAILED');
    const { violations } = body.details as { violations: { path: string; rule: string; message: string }[] };
    expect(violations.map(({ path, rule }) => [path, rule])).toEqual(
      expect.arrayContaining([
        ['text', 'isString'],
        ['details.1.amount', 'min'],
        ['extra', 'whitelistValidation'],
      ]),
    );
    expect(violations.some(({ path }) => path === 'details.0.amount')).toBe(false);
  });

  it('is refused when a method without fields gets one', async () => {
    expect(errorOf(await ask('nothing', { a: 1 })).body.code).toBe('VALIDATION_FAILED');
  });

  it('cannot reach the prototype', async () => {
    const reply = await ask('say', '{"text":"a","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}');
    expect(reply.json()).toMatchObject({ text: 'a', isSay: true });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('a handler that fails', () => {
  it('answers an error of ours with its code, decision and details', async () => {
    const { status, text, body } = errorOf(await ask('conflict'));
    expect(status).toBe('409');
    expect(text).toBe('CONFLICT: somebody was first');
    expect(body).toEqual({ code: 'CONFLICT', message: 'somebody was first', retryable: false, details: { revision: 7 } });
  });

  it('answers INTERNAL for any other error, without a stack', async () => {
    const { status, body } = errorOf(await ask('crash'));
    expect(status).toBe('500');
    expect(body).toEqual({ code: 'INTERNAL', message: 'undefined is not a function', retryable: false });
  });

  it('answers PAYLOAD_TOO_LARGE when the reply does not fit', async () => {
    expect(errorOf(await ask('large', { ms: 2_000_000 })).body.code).toBe('PAYLOAD_TOO_LARGE');
  });
});

describe("Nest's parts around a handler", () => {
  it('asks guards, and FORBIDDEN is their no', async () => {
    expect((await ask('guarded', { text: 'friend' })).json()).toEqual({ passed: true });
    const { status, body } = errorOf(await ask('guarded', { text: 'foe' }));
    expect(status).toBe('403');
    expect(body.code).toBe('FORBIDDEN');
  });

  it("asks the handler's own filters first", async () => {
    expect(errorOf(await ask('filtered')).body).toMatchObject({ code: 'CONFLICT', message: 'sorry: somebody was first' });
  });
});
