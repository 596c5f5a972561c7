import { createInbox, type NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NatsLink, connectNats } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';
import { begun, identity, startEcho } from './echo-service.js';
import { microSchemas } from './micro-schemas.js';

// Things fail on purpose here.
Logger.overrideLogger(false);

let nats: NatsTestServer;
let links: NatsLink[];
let plain: NatsConnection;

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

beforeAll(async () => {
  nats = await NatsTestServer.start({ jetstream: false });
  const linkTo = (name: string) => connectNats({ servers: [nats.url], user: 'km', name });
  const [first, second] = await Promise.all([linkTo('km-aaaaaaaa'), linkTo('km-bbbbbbbb')]);
  links = [first, second];
  await startEcho(first, identity('km-aaaaaaaa'));
  await startEcho(second, identity('km-bbbbbbbb', 'elsewhere'));
  plain = await connect({ servers: nats.url });
});
afterAll(async () => {
  await plain.close();
  await Promise.all(links.map((link) => link.close()));
  await nats[Symbol.asyncDispose]();
});

interface Endpoint {
  name: string;
  subject: string;
  queue_group: string;
  num_requests: number;
  num_errors: number;
  last_error: string;
  processing_time: number;
  average_processing_time: number;
  /** Of `INFO` only. */
  metadata: Record<string, string>;
}
interface Reply {
  type: string;
  id: string;
  name: string;
  version: string;
  started: string;
  metadata: Record<string, string>;
  endpoints: Endpoint[];
}

/** Every answer that comes until the server has handled a later message of ours. */
async function everyone(subject: string): Promise<Reply[]> {
  const inbox = createInbox();
  const replies: Reply[] = [];
  const subscription = plain.subscribe(inbox, {
    // Nobody there: the server says so with an empty message.
    callback: (_error, message) => void (message.data.length > 0 && replies.push(message.json<Reply>())),
  });
  plain.publish(subject, '', { reply: inbox });
  await plain.flush();
  // The first round brings the question to each instance, the second its answer to the server.
  await Promise.all(links.map((link) => connectionOf(link).flush()));
  await Promise.all(links.map((link) => connectionOf(link).flush()));
  await plain.flush();
  subscription.unsubscribe();
  return replies;
}

const one = async (subject: string): Promise<Reply> => (await plain.request(subject, '', { timeout: 2_000 })).json<Reply>();
const endpoint = async (name: string): Promise<Endpoint> => {
  const { endpoints } = await one('$SRV.STATS.km.km-aaaaaaaa');
  const found = endpoints.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no endpoint ${name}`);
  return found;
};
const call = (method: string, body: unknown) =>
  plain.request(`aet.default.rpc.km.${method}.@km-aaaaaaaa`, JSON.stringify(body), { timeout: 3_000 });

describe('the schemas in $SRV.INFO', () => {
  it('say what a request must be, one for each method', async () => {
    const { endpoints } = await one('$SRV.INFO.km.km-aaaaaaaa');
    const validators = new Map(
      endpoints.map(({ name, metadata }) => [
        name,
        new Ajv2020({ strict: false }).compile(JSON.parse(metadata['schema'] ?? '') as object),
      ]),
    );
    const say = validators.get('say');
    expect(say?.({ text: 'hello', details: [{ amount: 1 }] })).toBe(true);
    expect(say?.({ text: 5 })).toBe(false);
    expect(say?.({ text: 'hello', details: [{ amount: 0 }] })).toBe(false);
    expect(say?.({ text: 'hello', more: 1 })).toBe(false);
    expect(validators.get('nothing')?.({})).toBe(true);
  });
});

describe.each(['PING', 'INFO', 'STATS'] as const)('$SRV.%s', (verb) => {
  const valid: ValidateFunction = new Ajv({ strict: false, validateFormats: false }).compile(microSchemas[verb]);

  it.each([
    ['', ['km-aaaaaaaa', 'km-bbbbbbbb']],
    ['.km', ['km-aaaaaaaa', 'km-bbbbbbbb']],
    ['.km.km-bbbbbbbb', ['km-bbbbbbbb']],
    ['.agent', []],
  ])('is answered on %j by those asked, as the schema says', async (suffix, ids) => {
    const replies = await everyone(`$SRV.${verb}${suffix}`);
    expect(replies.map(({ id }) => id).toSorted()).toEqual(ids);
    for (const reply of replies) expect({ reply, errors: valid(reply) ? [] : valid.errors }).toEqual({ reply, errors: [] });
  });

  it('says who answers, with strings only in the metadata', async () => {
    const reply = await one(`$SRV.${verb}.km.km-bbbbbbbb`);
    expect(reply).toMatchObject({ name: 'km', id: 'km-bbbbbbbb', version: '1.2.3' });
    expect(reply.metadata).toEqual({ host: 'mainpc', cell: 'elsewhere', slot: 'blue', namespace: 'default' });
  });
});

describe('the schemas that the answers were checked with', () => {
  it('refuse what the nats program would drop', () => {
    const valid = new Ajv({ strict: false, validateFormats: false }).compile(microSchemas.STATS);
    const base = { type: 'io.nats.micro.v1.stats_response', name: 'km', id: 'a', version: '1.2.3', started: 'x', endpoints: [] };
    expect(valid(base)).toBe(true);
    expect(valid({ ...base, version: '1.2' })).toBe(false);
    expect(valid({ ...base, metadata: { pid: 5 } })).toBe(false);
    expect(valid({ ...base, name: 'a.b' })).toBe(false);
    const counts = { name: 'a', subject: 'a', num_requests: 1, num_errors: 0, last_error: '', average_processing_time: 0 };
    expect(valid({ ...base, endpoints: [{ ...counts, processing_time: 5 }] })).toBe(true);
    expect(valid({ ...base, endpoints: [{ ...counts, processing_time: 1.5 }] })).toBe(false);
  });
});

describe('the endpoints', () => {
  it('are the bound methods with subject and queue group', async () => {
    const { endpoints } = await one('$SRV.INFO.km.km-aaaaaaaa');
    expect(endpoints).toContainEqual({
      name: 'say',
      subject: 'aet.default.rpc.km.say',
      queue_group: 'km.blue',
      metadata: { summary: 'Says it again.', request: 'Say', schema: expect.stringContaining('"text"') as string },
    });
    expect(endpoints).toHaveLength(9);
  });

  it('count requests and errors, and keep the last one', async () => {
    const [before, failedBefore] = [await endpoint('say'), await endpoint('conflict')];
    await call('say', { text: 'a' });
    await call('say', { wrong: true });
    await call('conflict', {});
    const [after, failed] = [await endpoint('say'), await endpoint('conflict')];
    expect(after.num_requests - before.num_requests).toBe(2);
    expect(after.num_errors - before.num_errors).toBe(1);
    expect(after.last_error).toContain('VALIDATION_FAILED');
    expect(failed.num_errors - failedBefore.num_errors).toBe(1);
    expect(failed.last_error).toBe('CONFLICT: somebody was first');
  });

  it('tell the time that handlers really took, in whole nanoseconds', async () => {
    const before = await endpoint('wait');
    const startedAt = performance.now();
    await Promise.all([call('wait', { ms: 60 }), call('wait', { ms: 120 })]);
    const upperNs = 2 * (performance.now() - startedAt) * 1e6;
    const { processing_time: total, average_processing_time: average, num_requests: count } = await endpoint('wait');
    const spent = total - before.processing_time;
    expect(spent).toBeGreaterThanOrEqual(178e6);
    expect(spent).toBeLessThanOrEqual(upperNs);
    expect(Number.isInteger(total)).toBe(true);
    expect(average).toBe(Math.round(total / count));
  });

  it('are within a tenth of what the handlers measured themselves', async () => {
    const before = await endpoint('wait');
    const measuredBefore = begun.waitedMs;
    for (let times = 0; times < 10; times++) await call('wait', { ms: 40 });
    const spentMs = ((await endpoint('wait')).processing_time - before.processing_time) / 1e6;
    const measuredMs = begun.waitedMs - measuredBefore;
    expect(spentMs).toBeGreaterThanOrEqual(measuredMs);
    expect(spentMs).toBeLessThan(measuredMs * 1.1);
  });
});
