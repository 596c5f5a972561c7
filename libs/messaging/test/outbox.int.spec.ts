import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ErrorReport,
  type TaskResult,
  Aggregate,
  ServiceName,
  TASK_SCHEMA_VERSION,
  attemptId,
  cloudEvent,
} from '@aet/contracts';
import { type JetStreamManager, DiscardPolicy, jetstreamManager } from '@nats-io/jetstream';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FileOutbox, JetStreamEventBus, JetStreamWorkQueue, type NatsLink, type Outbox, connectNats } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { LeakCheck, NatsTestServer, eventually } from '../src/testing/index.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

// Things fail on purpose here.
Logger.overrideLogger(false);

const SUBJECT = 'aet.default.result.here';
const NAME = 'default.here.agent';
const LIMIT_MS = 30_000;

let dir: string;
let nats: NatsTestServer;
let link: NatsLink;
let outbox: FileOutbox;
let jsm: JetStreamManager;
const opened: { close(): Promise<void> }[] = [];

async function linkTo(url = nats.url): Promise<NatsLink> {
  const made = await connectNats({ servers: [url], user: 'agent', name: 'agent' });
  opened.push(made);
  return made;
}
async function open(over: NatsLink = link, maxBytes = 1024 * 1024): Promise<FileOutbox> {
  const made = await FileOutbox.open(over, { dir, name: NAME, maxBytes, segmentBytes: 8_192, fsync: 'never', fsyncMs: 20 });
  opened.unshift(made);
  return made;
}
const send = (number: number, subject = `${SUBJECT}.run-1`, over: Outbox = outbox) =>
  over.publish({ subject, payload: `${number}`, messageId: `m${number}`, correlationId: `c${number}` });
const goDown = async (): Promise<void> => {
  await nats.kill();
  await eventually(() => link.status === 'reconnecting', 'the link is down', LIMIT_MS);
};
const comeBack = async (): Promise<void> => {
  await nats.restart();
  await eventually(() => link.status === 'connected', 'the link is back', LIMIT_MS);
};
const emptied = (box: Outbox = outbox) => eventually(() => box.status?.records === 0, 'the outbox is empty', LIMIT_MS);
/** Payloads of the stream in its order, of one subject or of all. */
async function stored(stream = 'RESULTS', subject?: string): Promise<string[]> {
  const { state } = await jsm.streams.info(stream);
  const all: string[] = [];
  for (let seq = Math.max(state.first_seq, 1); seq <= state.last_seq; seq++) {
    const message = await jsm.streams.getMessage(stream, { seq });
    if (message !== null && (subject === undefined || message.subject === subject)) all.push(message.string());
  }
  return all;
}
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
const files = async (number = 0): Promise<string[]> =>
  (await readdir(join(dir, `${NAME}.${number}`))).filter((name) => name.endsWith('.seg'));

const binaries = await serverBinaries();

describe.each(binaries)('the outbox over nats-server $version', ({ path }) => {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'aet-outbox-'));
    nats = await NatsTestServer.start({ binary: path });
    link = await linkTo();
    jsm = await jetstreamManager(connectionOf(link));
    await jsm.streams.add({ name: 'RESULTS', subjects: [`${SUBJECT}.*`] });
    await jsm.streams.add({ name: 'EVENTS', subjects: ['aet.default.event.here.>', 'aet.default.error.here.>'] });
    outbox = await open();
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.close();
    await nats[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });

  it('writes nothing while the server is there', async () => {
    expect(await send(1)).toEqual({ sequence: 1, duplicate: false });
    expect(await send(1)).toMatchObject({ duplicate: true });
    expect(outbox.status).toMatchObject({ kept: 0, records: 0, bytes: 0 });
    expect(await files()).toEqual([]);
  });

  it('keeps what comes while it is away, and everything arrives once, in order, with its headers', async () => {
    for (const number of numbers(0, 5)) await send(number);
    await goDown();
    for (const number of numbers(5, 200)) expect(await send(number, `${SUBJECT}.run-${number % 3}`)).toEqual({ kept: true });
    expect(outbox.status).toMatchObject({ records: 195, kept: 195, limitBytes: 1024 * 1024 });
    expect(outbox.status.oldestAt).toBeLessThanOrEqual(Date.now());
    await nats.restart();
    // Behind what waits, however soon it comes.
    const last = await Promise.all(numbers(200, 210).map((number) => send(number, `${SUBJECT}.run-${number % 3}`)));
    expect(last).toHaveLength(10);
    await emptied();
    const all = (await stored()).map(Number);
    expect(all.toSorted((a, b) => a - b)).toEqual(numbers(0, 210));
    for (const rest of [0, 1, 2]) {
      const ofRun = (await stored('RESULTS', `${SUBJECT}.run-${rest}`)).map(Number).filter((number) => number >= 5);
      expect(ofRun).toEqual(numbers(5, 210).filter((number) => number % 3 === rest));
    }
    const header = (await jsm.streams.getMessage('RESULTS', { last_by_subj: `${SUBJECT}.run-0` }))?.header;
    expect([header?.get('Aet-Correlation-Id'), header?.get('Nats-Msg-Id')]).toEqual(['c207', 'm207']);
    expect(header?.get('traceparent')).toMatch(/^00-/);
    expect([await files(), outbox.status.bytes]).toEqual([[], 0]);
    expect(await send(300)).toMatchObject({ duplicate: false });
  });

  it('keeps a message once, however often it is given', async () => {
    await goDown();
    for (let time = 0; time < 3; time++) expect(await send(1)).toEqual({ kept: true });
    expect([outbox.status.records, outbox.holds('m1'), outbox.holds('m2')]).toEqual([1, true, false]);
    await comeBack();
    await emptied();
    expect([await stored(), outbox.holds('m1')]).toEqual([['1'], false]);
  });

  it.runIf(path === binaries[0]?.path)('keeps a message whose server hangs, in its order', async () => {
    nats.pause();
    const accepted = await Promise.all(numbers(0, 4).map((number) => send(number)));
    expect(accepted).toEqual(numbers(0, 4).map(() => ({ kept: true })));
    nats.resume();
    await emptied();
    // The server may have taken them when they were sent at first: then what came from the outbox was a duplicate.
    expect((await stored()).map(Number)).toEqual([0, 1, 2, 3]);
  });

  it('goes on after a restart of its process, and of a process that never came back', async () => {
    const [otherLink, lostLink] = [await linkTo(), await linkTo()];
    const lost = await open(lostLink);
    await goDown();
    await eventually(() => lostLink.status === 'reconnecting' && otherLink.status === 'reconnecting', 'all are down', LIMIT_MS);
    for (const number of numbers(0, 20)) await send(number);
    for (const number of numbers(20, 40)) await send(number, `${SUBJECT}.run-2`, lost);
    expect([(await files(0)).length > 0, (await files(1)).length > 0]).toEqual([true, true]);
    await Promise.all([outbox.close(), lost.close()]);
    await expect(send(50)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await comeBack();
    await eventually(() => otherLink.status === 'connected', 'the other link is back', LIMIT_MS);
    outbox = await open(otherLink);
    await eventually(async () => (await stored()).length === 40, 'all have arrived', LIMIT_MS);
    expect((await stored('RESULTS', `${SUBJECT}.run-1`)).map(Number)).toEqual(numbers(0, 20));
    expect((await stored('RESULTS', `${SUBJECT}.run-2`)).map(Number)).toEqual(numbers(20, 40));
    await eventually(async () => [...(await files(0)), ...(await files(1))].length === 0, 'nothing is left', LIMIT_MS);
  });

  it('that is full refuses, says so, and loses nothing that it accepted', async () => {
    await outbox.close();
    outbox = await open(link, 4_096);
    await goDown();
    const accepted: number[] = [];
    const refusal = await (async () => {
      for (let number = 0; ; number++) {
        await send(number);
        accepted.push(number);
      }
    })().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryable: true });
    expect(outbox.status).toMatchObject({ refused: 1, problem: expect.stringContaining('full') });
    await comeBack();
    await emptied();
    expect((await stored()).map(Number)).toEqual(accepted);
    expect(outbox.status.problem).toBeUndefined();
  });

  it('lets no subject hold up another: one whose stream is away waits, the rest goes on', async () => {
    await goDown();
    await send(1, 'aet.default.result.elsewhere.run-1');
    await send(2);
    await comeBack();
    await eventually(async () => (await stored()).length === 1, 'what can go has gone', LIMIT_MS);
    expect(outbox.status.records).toBe(1);
    expect(await send(3)).toMatchObject({ duplicate: false });
    expect(await send(4, 'aet.default.result.elsewhere.run-1')).toEqual({ kept: true });
    await jsm.streams.add({ name: 'ELSEWHERE', subjects: ['aet.default.result.elsewhere.*'] });
    await emptied();
    expect(await stored('ELSEWHERE')).toEqual(['1', '4']);
  });

  it('refuses at once what no server will take, and sets aside what its stream never takes', async () => {
    await expect(
      outbox.publish({ subject: `${SUBJECT}.run-1`, payload: Buffer.alloc(link.maxPayload), messageId: 'large' }),
    ).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await jsm.streams.update('RESULTS', { max_msg_size: 300 });
    await goDown();
    await outbox.publish({ subject: `${SUBJECT}.run-1`, payload: 'x'.repeat(500), messageId: 'm1' });
    await send(2);
    await comeBack();
    await emptied();
    expect([await stored(), outbox.status.setAside]).toEqual([['2'], 1]);
    expect(await readdir(join(dir, `${NAME}.0`, 'set-aside'))).toHaveLength(1);
  });

  it('is not for a stream that has no room: that is its producer’s to know', async () => {
    await jsm.streams.update('RESULTS', { max_msgs: 1, discard: DiscardPolicy.New });
    await send(1);
    await expect(send(2)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(outbox.status.records).toBe(0);
  });

  it('carries results, facts and errors; health and progress of then would be of no use', async () => {
    const identity = { namespace: 'default', cell: 'here', host: 'pc', instance: 'agent-1' };
    const queue = new JetStreamWorkQueue(link, identity, outbox);
    const bus = new JetStreamEventBus(link, identity, outbox);
    await goDown();
    const attempt = { runId: 'run-7', step: 's', attempt: 1 };
    const result: TaskResult = {
      ...attempt,
      v: TASK_SCHEMA_VERSION,
      epoch: 1,
      by: { ...identity, agent: 'security' },
      startedAt: new Date().toISOString(),
      durationMs: 1,
      status: 'completed',
      output: 'done',
    };
    const error: ErrorReport = {
      at: result.startedAt,
      cell: 'here',
      host: 'pc',
      service: ServiceName.Agent,
      instance: 'agent-1',
      severity: 'high',
      code: 'INTERNAL',
      message: 'it broke',
      fingerprint: 'f1',
    };
    const fact = cloudEvent({
      ...identity,
      id: 'e1',
      service: ServiceName.Agent,
      type: 'agent.loaded',
      subject: 'a1',
      time: new Date(),
      correlationId: 'c1',
      data: {},
    });
    expect(await queue.publishResult(result, 'here')).toEqual({ kept: true });
    expect(outbox.holds(attemptId(attempt))).toBe(true);
    await bus.publishFact(Aggregate.Agent, 'a1', fact, 'e1');
    await bus.publishError(error);
    bus.publishProgress({ ...attempt, at: '', by: result.by, kind: 'log', message: 'dropped' });
    expect(outbox.status.records).toBe(3);
    await comeBack();
    await emptied();
    expect((await stored()).map((text) => JSON.parse(text) as TaskResult)).toEqual([result]);
    expect((await stored('EVENTS')).map((text) => JSON.parse(text) as unknown)).toEqual(expect.arrayContaining([fact, error]));
  });
});
