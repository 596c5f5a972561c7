import { connect as openSocket } from 'node:net';
import { Bucket, ErrorCode, Header, Priority, Stream, bucketName, taskConsumer } from '@aet/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import { type Msg, type NatsConnection, headers } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf } from '../src/connection/nats-link.js';
import { JetStreamTopology, KvLeases, type NatsLink, NatsRpcClient, connectNats, messagingErrorsOf } from '../src/index.js';
import { MAX_HEADER_BYTES } from '../src/rpc/request-limits.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';
import { Echo, begun, startEcho } from './echo-service.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

const HOUR = 3_600_000;
const INBOX = '_INBOX.anybody.1';
const cell = { namespace: 'default', cell: 'c1', capabilities: ['alpha'], ackWaitMs: 5_000, leaseTtlMs: 5_000 };

let nats: NatsTestServer;
let serving: NatsLink;
let calling: NatsLink;
let client: NatsRpcClient;
/** A client that knows nothing of AET and its rules. */
let plain: NatsConnection;

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start();
  serving = await connectNats({ servers: [nats.url], user: 'km', name: 'km-aaaaaaaa' });
  await startEcho(serving);
  calling = await connectNats({ servers: [nats.url], user: 'gateway', name: 'gateway' });
  client = clientWith({});
  plain = await connect({ servers: nats.url });
});
afterAll(async () => {
  await plain.close();
  await calling.close();
  await serving.close();
  await nats[Symbol.asyncDispose]();
});

const clientWith = ({ now }: { now?: () => number }): NatsRpcClient =>
  new NatsRpcClient(calling, { namespace: 'default', defaultTimeoutMs: 30_000, ...(now === undefined ? {} : { now }) });

const ask = (payload: string | Uint8Array, withHeaders: Record<string, string> = {}, method = 'say'): Promise<Msg> => {
  const sent = headers();
  for (const [name, value] of Object.entries(withHeaders)) sent.set(name, value);
  return plain.request(`aet.default.rpc.km.${method}`, payload, { timeout: 30_000, headers: sent });
};
const answeredBy = async (reply: Promise<Msg>): Promise<string | undefined> => (await reply).json<{ code?: string }>().code;
const failedBy = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

type Place = 'request' | 'call' | 'lease' | 'topology';
const counted = (link: NatsLink, place: Place, code: string): number =>
  messagingErrorsOf(link)
    .list()
    .find((entry) => entry.place === place && entry.code === code)?.count ?? 0;

/** Who is asked next gets a right answer, over the same connections. */
const goesOn = async (): Promise<void> => {
  expect(await client.call(Echo.say, { text: 'next' })).toMatchObject({ text: 'next' });
  expect((await ask('{"text":"plain"}')).json()).toMatchObject({ text: 'plain' });
};

const SAY = '{"text":"hello"}';
const nested = (text: string, depth: number): string => `${text.repeat(depth)}1${(text === '[' ? ']' : '}').repeat(depth)}`;
const manyHeaders = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`X-${index}`, 'x']));

/** What comes to a service that it must refuse. */
const requests: { what: string; code: ErrorCode; ask: () => Promise<Msg> }[] = [
  { what: 'no JSON', code: ErrorCode.ValidationFailed, ask: () => ask('{"text":') },
  { what: 'no UTF-8', code: ErrorCode.ValidationFailed, ask: () => ask(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)) },
  { what: 'wrong types', code: ErrorCode.ValidationFailed, ask: () => ask('{"text":5,"details":[{"amount":"1"}]}') },
  { what: 'an unknown field', code: ErrorCode.ValidationFailed, ask: () => ask('{"text":"a","more":1}') },
  { what: 'a constructor of its own', code: ErrorCode.ValidationFailed, ask: () => ask('{"text":"a","more":{"constructor":1}}') },
  {
    what: 'lists without end',
    code: ErrorCode.ValidationFailed,
    ask: () => ask(`{"text":"a","details":${nested('[', 100_000)}}`),
  },
  {
    what: 'objects without end',
    code: ErrorCode.ValidationFailed,
    ask: () => ask(`{"text":"a","more":${nested('{"a":', 100_000)}}`),
  },
  { what: 'a header too large', code: ErrorCode.PayloadTooLarge, ask: () => ask(SAY, { X: 'x'.repeat(MAX_HEADER_BYTES) }) },
  { what: 'too many headers', code: ErrorCode.PayloadTooLarge, ask: () => ask(SAY, manyHeaders) },
  {
    what: 'a deadline that is over',
    code: ErrorCode.DeadlinePassed,
    ask: () => ask(SAY, { [Header.Deadline]: String(Date.now() - 1) }),
  },
  { what: 'a deadline that is none', code: ErrorCode.ValidationFailed, ask: () => ask(SAY, { [Header.Deadline]: '-5' }) },
  { what: 'a wish for more than fits', code: ErrorCode.PayloadTooLarge, ask: () => ask('{"ms":2000000}', {}, 'large') },
];

describe('a request with', () => {
  it.each(requests)('$what is $code, counted, and harms nobody else', async ({ code, ask: askBadly }) => {
    const before = counted(serving, 'request', code);
    expect(await answeredBy(askBadly())).toBe(code);
    expect(counted(serving, 'request', code)).toBe(before + 1);
    await goesOn();
  });

  it.each([
    ['of tasks', 'aet.default.task.c1.high.x'],
    ['of JetStream', '$JS.API.STREAM.DELETE.TASKS'],
    ['of the server', '$SYS.REQ.SERVER.PING'],
    ['of every inbox', '_INBOX.>'],
    ['of many inboxes', '_INBOX.*.x'],
  ])('a reply subject %s is FORBIDDEN, counted, not begun and not answered', async (_whose, reply) => {
    const before = { forbidden: counted(serving, 'request', ErrorCode.Forbidden), waits: begun.waits };
    const heard = plain.subscribe(reply.startsWith('$') ? INBOX : reply.replace(/[*>]/g, 'x'));
    plain.publish('aet.default.rpc.km.wait', '{"ms":0}', { reply });
    await plain.flush();
    await goesOn();
    expect(counted(serving, 'request', ErrorCode.Forbidden)).toBe(before.forbidden + 1);
    expect(begun.waits).toBe(before.waits);
    expect(heard.getReceived()).toBe(0);
    heard.unsubscribe();
  });

  it("a reply subject among another's calls is answered into the void: no call of that one gets a wrong reply", async () => {
    // On a guarded server nobody could listen here.
    const seen = plain.subscribe('_INBOX.gateway.>', { max: 1 });
    await plain.flush();
    await client.call(Echo.say, { text: 'a' });
    let reply: Msg | undefined;
    for await (const message of seen) reply = message;
    const address = reply?.subject.slice(0, reply.subject.lastIndexOf('.') + 1) ?? '';
    const inFlight = client.call(Echo.wait, { ms: 50 });
    plain.publish('aet.default.rpc.km.say', '{"text":"forged"}', { reply: `${address}${'0'.repeat(16)}` });
    plain.publish('aet.default.rpc.km.say', '{"text":"forged"}', { reply: reply?.subject ?? '' });
    await plain.flush();
    expect(await inFlight).toEqual({ waited: 50 });
    await goesOn();
  });

  it.each(['aet.default.rpc.km.*', 'aet.default.rpc.km.>', 'aet.default.rpc.*.say'])(
    'the subject %s reaches nobody',
    async (subject) => {
      const before = begun.waits;
      await expect(plain.request(subject, SAY, { timeout: 30_000 })).rejects.toThrow(/no responders/i);
      expect(begun.waits).toBe(before);
      await goesOn();
    },
  );
});

/** Names that would become another subject. */
const NAMES = ['*', '>', 'a b', 'a.b', '', 'a\r\nPUB x 0', '@', 'x'.repeat(65)];

describe('a call', () => {
  it.each(NAMES)('of a method, cell or instance named %j is INVALID_TOKEN, counted, and not sent', async (name) => {
    const before = counted(calling, 'call', ErrorCode.InvalidToken);
    expect(await failedBy(client.call({ ...Echo.say, method: name }, { text: 'a' }))).toBe(ErrorCode.InvalidToken);
    expect(await failedBy(client.call(Echo.say, { text: 'a' }, { cell: name }))).toBe(ErrorCode.InvalidToken);
    expect(await failedBy(client.call(Echo.say, { text: 'a' }, { instance: name }))).toBe(ErrorCode.InvalidToken);
    expect(counted(calling, 'call', ErrorCode.InvalidToken)).toBe(before + 3);
    await goesOn();
  });

  it('that is larger than the server takes is PAYLOAD_TOO_LARGE, counted, and not sent', async () => {
    const before = counted(calling, 'call', ErrorCode.PayloadTooLarge);
    expect(await failedBy(client.call(Echo.say, { text: 'x'.repeat(1_100_000) }))).toBe(ErrorCode.PayloadTooLarge);
    expect(counted(calling, 'call', ErrorCode.PayloadTooLarge)).toBe(before + 1);
    await goesOn();
  });

  it('with a line end in its correlation id is VALIDATION_FAILED, counted, and not sent', async () => {
    const before = counted(calling, 'call', ErrorCode.ValidationFailed);
    const call = client.call(Echo.say, { text: 'a' }, { correlationId: 'a\r\nX: y' });
    expect(await failedBy(call)).toBe(ErrorCode.ValidationFailed);
    expect(counted(calling, 'call', ErrorCode.ValidationFailed)).toBe(before + 1);
    await goesOn();
  });

  it('whose error comes from the other side is counted on both', async () => {
    const before = [counted(calling, 'call', ErrorCode.Conflict), counted(serving, 'request', ErrorCode.Conflict)];
    expect(await failedBy(client.call(Echo.conflict, {}))).toBe(ErrorCode.Conflict);
    const after = [counted(calling, 'call', ErrorCode.Conflict), counted(serving, 'request', ErrorCode.Conflict)];
    expect(after).toEqual(before.map((count) => count + 1));
  });
});

it('a client that sends more than the server takes loses its own connection only', async () => {
  const socket = openSocket({ host: '127.0.0.1', port: nats.port });
  const said: string[] = [];
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  // The server ends the connection while we write.
  socket.on('error', () => undefined);
  socket.write(`CONNECT {"verbose":false}\r\nPUB aet.default.rpc.km.say ${INBOX} 5000000\r\n`);
  await closed;
  expect(said.join('')).toMatch(/maximum payload/i);
  await goesOn();
});

describe('a clock that is an hour', () => {
  it('behind makes a plain client hear which clock says what', async () => {
    const before = begun.waits;
    const reply = await ask('{"ms":0}', { [Header.Deadline]: String(Date.now() - HOUR) }, 'wait');
    const { code, message } = reply.json<{ code: string; message: string }>();
    expect(code).toBe(ErrorCode.DeadlinePassed);
    expect(message).toMatch(/passed 36\d{5} ms before km-aaaaaaaa .* it is 20\d\d-.*Z; .* is a clock wrong\?/);
    expect(Number(reply.headers?.get(Header.NotBegunAt))).toBeGreaterThan(Date.now() - 60_000);
    expect(begun.waits).toBe(before);
  });

  it('behind costs a caller of ours one refusal, and no call', async () => {
    const slow = clientWith({ now: () => Date.now() - HOUR });
    const before = { refused: counted(serving, 'request', ErrorCode.DeadlinePassed), waits: begun.waits };
    expect(await slow.call(Echo.wait, { ms: 0 })).toEqual({ waited: 0 });
    expect(counted(serving, 'request', ErrorCode.DeadlinePassed)).toBe(before.refused + 1);
    // From now on the deadline is right by the other's clock.
    const { deadline = 0 } = await slow.call(Echo.context, {});
    expect(Math.abs(deadline - Date.now())).toBeLessThan(60_000);
    expect(counted(serving, 'request', ErrorCode.DeadlinePassed)).toBe(before.refused + 1);
    expect(begun.waits).toBe(before.waits + 1);
  });

  it('behind does not make a call longer than its time', async () => {
    const slow = clientWith({ now: () => Date.now() - HOUR });
    await slow.call(Echo.say, { text: 'learn' });
    expect(await failedBy(slow.call(Echo.wait, { ms: 1_500 }, { timeoutMs: 100 }))).toBe(ErrorCode.DeadlinePassed);
  });

  it('ahead harms nobody', async () => {
    const fast = clientWith({ now: () => Date.now() + HOUR });
    expect(await fast.call(Echo.say, { text: 'early' })).toMatchObject({ text: 'early' });
    expect(await failedBy(fast.call(Echo.wait, { ms: 1_500 }, { timeoutMs: 100 }))).toBe(ErrorCode.DeadlinePassed);
    await goesOn();
  });
});

describe('a cell in which', () => {
  beforeAll(() => new JetStreamTopology(serving).ensure(cell));

  it('two services have one instance id: the second gets CONFLICT, counted, and the first goes on', async () => {
    const leases = (link: NatsLink) => new KvLeases<string>(link, bucketName(Bucket.Leases, 'default', 'c1'));
    const terms = { ttlMs: 5_000, renewMs: 1_000 };
    await using first = await leases(serving).acquire('km.km-aaaaaaaa', () => 'first', terms);
    const before = counted(calling, 'lease', ErrorCode.Conflict);
    expect(await failedBy(leases(calling).acquire('km.km-aaaaaaaa', () => 'second', terms))).toBe(ErrorCode.Conflict);
    expect(counted(calling, 'lease', ErrorCode.Conflict)).toBe(before + 1);
    await first.update('still first');
    expect((await leases(calling).list()).map(({ value }) => value)).toEqual(['still first']);
    await goesOn();
  });

  it('somebody pointed a consumer elsewhere: the start says TOPOLOGY_DIFFERS, counted, and changes nothing', async () => {
    const jsm = await jetstreamManager(connectionOf(calling));
    const name = taskConsumer('alpha', Priority.High);
    const { config } = await jsm.consumers.info(Stream.Tasks, name);
    await jsm.consumers.delete(Stream.Tasks, name);
    await jsm.consumers.add(Stream.Tasks, { ...config, filter_subject: 'aet.default.task.c1.high.elsewhere' });
    const before = counted(calling, 'topology', ErrorCode.TopologyDiffers);
    expect(await failedBy(new JetStreamTopology(calling).ensure(cell))).toBe(ErrorCode.TopologyDiffers);
    expect(counted(calling, 'topology', ErrorCode.TopologyDiffers)).toBe(before + 1);
    expect((await jsm.consumers.info(Stream.Tasks, name)).config.filter_subject).toBe('aet.default.task.c1.high.elsewhere');
    await goesOn();
  });
});
