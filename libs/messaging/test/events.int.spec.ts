import {
  type CloudEvent,
  type ErrorReport,
  type HealthReport,
  Aggregate,
  HealthStatus,
  ServiceName,
  Slot,
  Subjects,
  cloudEvent,
} from '@aet/contracts';
import { DiscardPolicy, type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EventBus, JetStreamEventBus, type NatsLink, connectNats } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import { publishStored } from '../src/stream/publish-stored.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

// Things fail on purpose here.
Logger.overrideLogger(false);

const CELL = 'here';
const subjects = new Subjects();
const wait = { timeout: 15_000, interval: 10 };

let nats: NatsTestServer;
let sender: NatsLink;
let receiver: NatsLink;
let bus: JetStreamEventBus;
let listener: JetStreamEventBus;
let jsm: JetStreamManager;

const linkTo = (): Promise<NatsLink> => connectNats({ servers: [nats.url], user: 'orchestrator', name: 'orchestrator' });

const fact = (id: string, run = 'run-1', cell = CELL): CloudEvent =>
  cloudEvent({
    id,
    namespace: 'default',
    cell,
    service: ServiceName.Orchestrator,
    type: 'run.completed',
    subject: run,
    time: new Date(),
    correlationId: run,
    data: { n: id },
  });
const publish = (on: EventBus, id: string, run = 'run-1'): Promise<void> => on.publishFact(Aggregate.Run, run, fact(id, run), id);
const idsOf = async (facts: AsyncIterable<CloudEvent>): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { id } of facts) ids.push(id);
  return ids;
};

describe.each(await serverBinaries())('events over nats-server $version', ({ path }) => {
  beforeEach(async () => {
    nats = await NatsTestServer.start({ binary: path });
    [sender, receiver] = await Promise.all([linkTo(), linkTo()]);
    bus = new JetStreamEventBus(sender, { namespace: 'default', cell: CELL });
    listener = new JetStreamEventBus(receiver, { namespace: 'default', cell: CELL });
    jsm = await jetstreamManager(connectionOf(sender));
    await jsm.streams.add({ name: 'EVENTS', subjects: [subjects.events(CELL)] });
    await jsm.streams.add({ name: 'ERRORS', subjects: [subjects.errors(CELL)] });
    await jsm.streams.add({ name: 'HEALTH', subjects: [subjects.healthOf(CELL)] });
  });
  afterEach(async () => {
    await Promise.all([sender.close(), receiver.close()]);
    await nats[Symbol.asyncDispose]();
  });

  describe('a fact', () => {
    it('is stored once under its message id, with its correlation', async () => {
      await publish(bus, 'a');
      await publish(bus, 'a');
      expect((await jsm.streams.info('EVENTS')).state.messages).toBe(1);
      const stored = await jsm.streams.getMessage('EVENTS', { seq: 1 });
      expect(stored?.subject).toBe('aet.default.event.here.run.run-1');
      expect(stored?.header.get('Aet-Correlation-Id')).toBe('run-1');
      expect(stored?.json()).toMatchObject({ specversion: '1.0', id: 'a', data: { n: 'a' } });
    });

    it('that begins while the server restarts is stored when it is back', async () => {
      await nats.kill();
      const publishing = publish(bus, 'a');
      await nats.restart();
      await publishing;
      expect(await idsOf(bus.readFacts({}))).toEqual(['a']);
    });

    it('is unavailable when no stream takes it in time', async () => {
      const message = {
        subject: subjects.event('elsewhere', Aggregate.Run, 'run-1'),
        payload: '{}',
        messageId: 'a',
        withinMs: 300,
      };
      await expect(publishStored(sender, message)).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    });

    it('that is larger than the server takes is refused at once, without closing the connection', async () => {
      const event = { subject: subjects.event('here', Aggregate.Run, 'run-1'), messageId: 'a' };
      const payload = 'ü'.repeat(sender.maxPayload / 2);
      const began = performance.now();
      await expect(publishStored(sender, { ...event, payload })).rejects.toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
        retryable: false,
        details: { bytes: sender.maxPayload },
      });
      expect(performance.now() - began).toBeLessThan(1_000);
      await publish(bus, 'a');
      expect(await idsOf(bus.readFacts({}))).toEqual(['a']);
    });

    it('is resource exhausted when the stream is full', async () => {
      await jsm.streams.update('EVENTS', { max_msgs: 1, discard: DiscardPolicy.New });
      await publish(bus, 'a');
      await expect(publish(bus, 'b')).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED', retryable: true });
    });
  });

  describe('reading facts', () => {
    it('gives those of a run in order, then ends', async () => {
      for (let index = 0; index < 600; index++) await publish(bus, `a${index}`, index % 2 === 0 ? 'run-1' : 'run-2');
      const ids = await idsOf(listener.readFacts({ runId: 'run-1' }));
      expect(ids).toEqual(Array.from({ length: 300 }, (_, index) => `a${index * 2}`));
      expect(await idsOf(listener.readFacts({ runId: 'run-3' }))).toEqual([]);
      expect(await idsOf(listener.readFacts({}))).toHaveLength(600);
    });

    it('can begin at a time', async () => {
      await publish(bus, 'early');
      const stored = await jsm.streams.getMessage('EVENTS', { seq: 1 });
      const since = new Date((stored?.time.getTime() ?? 0) + 1);
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(since.getTime()));
      await publish(bus, 'late');
      expect(await idsOf(listener.readFacts({ from: { since } }))).toEqual(['late']);
    });

    it('can be left in the middle, and leaves no consumer behind', async () => {
      for (const id of ['a', 'b', 'c']) await publish(bus, id);
      for await (const { id } of listener.readFacts({})) if (id === 'b') break;
      await vi.waitFor(async () => expect((await jsm.streams.info('EVENTS')).state.consumer_count).toBe(0), wait);
    });
  });

  describe('a listener of facts', () => {
    it('gets what is stored, then what comes, each once and in order', async () => {
      for (const id of ['a', 'b']) await publish(bus, id);
      const seen: string[] = [];
      await using _listening = await listener.onFact(({ id }) => seen.push(id));
      for (const id of ['c', 'd']) await publish(bus, id);
      await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'c', 'd']), wait);
    });

    it('may want only what comes, or one run', async () => {
      await publish(bus, 'a');
      const [fresh, ofRun]: [string[], string[]] = [[], []];
      await using _fresh = await listener.onFact(({ id }) => fresh.push(id), { from: 'new' });
      await using _ofRun = await listener.onFact(({ id }) => ofRun.push(id), { runId: 'run-2' });
      await publish(bus, 'b');
      await publish(bus, 'c', 'run-2');
      await vi.waitFor(() => expect([fresh, ofRun]).toEqual([['b', 'c'], ['c']]), wait);
    });

    it('hears other cells live, and its own cell not twice', async () => {
      const seen: string[] = [];
      await using _listening = await listener.onFact(({ id }) => seen.push(id));
      connectionOf(sender).publish(subjects.event('there', Aggregate.Run, 'run-9'), JSON.stringify(fact('far')));
      await publish(bus, 'near');
      await vi.waitFor(() => expect(seen.toSorted()).toEqual(['far', 'near']), wait);
      await publish(bus, 'last');
      await vi.waitFor(() => expect(seen).toContain('last'), wait);
      expect(seen).toHaveLength(3);
    });

    it.each([
      ['all', ['a']],
      ['new', []],
    ] as const)('from %s goes on behind the last one after a restart of the server, missing none', async (from, before) => {
      const seen: string[] = [];
      await publish(bus, 'a');
      await using _listening = await listener.onFact(({ id }) => seen.push(id), { from });
      await vi.waitFor(() => expect(seen).toEqual(before), wait);
      await nats.kill();
      await nats.restart();
      for (const id of ['b', 'c']) await publish(bus, id);
      await vi.waitFor(() => expect(seen).toEqual([...before, 'b', 'c']), wait);
      await publish(bus, 'd');
      await vi.waitFor(() => expect(seen).toEqual([...before, 'b', 'c', 'd']), wait);
    });

    it('goes on after the server forgot its consumer', async () => {
      const seen: string[] = [];
      await using _listening = await listener.onFact(({ id }) => seen.push(id));
      await publish(bus, 'a');
      await vi.waitFor(() => expect(seen).toEqual(['a']), wait);
      for await (const { name } of jsm.consumers.list('EVENTS')) await jsm.consumers.delete('EVENTS', name);
      await publish(bus, 'b');
      await vi.waitFor(() => expect(seen).toEqual(['a', 'b']), wait);
    });

    it('survives a message that is no JSON, and its own mistakes', async () => {
      const seen: string[] = [];
      await using _listening = await listener.onFact(({ id }) => {
        seen.push(id);
        if (id === 'a') throw new Error('a bad listener');
      });
      await publish(bus, 'a');
      connectionOf(sender).publish(subjects.event(CELL, Aggregate.Run, 'run-1'), 'no json');
      await publish(bus, 'b');
      await vi.waitFor(() => expect(seen).toEqual(['a', 'b']), wait);
    });

    it('is told nothing after it closed, and leaves no consumer behind', async () => {
      const seen: string[] = [];
      const listening = await listener.onFact(({ id }) => seen.push(id));
      await listening.close();
      await publish(bus, 'a');
      expect(await idsOf(listener.readFacts({}))).toEqual(['a']);
      expect(seen).toEqual([]);
      await vi.waitFor(async () => expect((await jsm.streams.info('EVENTS')).state.consumer_count).toBe(0), wait);
    });
  });

  describe('health, errors and progress', () => {
    const report: ErrorReport = {
      at: new Date().toISOString(),
      cell: CELL,
      host: 'mainpc',
      service: ServiceName.Agent,
      instance: 'agent-12345678',
      severity: 'high',
      code: 'INTERNAL',
      message: 'it broke',
      fingerprint: 'f1',
    };
    const health: HealthReport = {
      at: new Date().toISOString(),
      problems: {},
      record: {
        service: ServiceName.Agent,
        instance: 'agent-12345678',
        version: '1.0.0',
        slot: Slot.Blue,
        cell: CELL,
        host: 'mainpc',
        pid: 1,
        startedAt: new Date().toISOString(),
        ports: {},
        capabilities: [],
        labels: {},
        health: HealthStatus.Ready,
        load: { cpu: 0, rssBytes: 0, active: 0, capacity: 0 },
      },
    };

    it('are heard from now on, or from a while ago', async () => {
      await bus.publishError(report);
      await bus.publishHealth(health);
      const [errors, replayed, healths]: [unknown[], unknown[], unknown[]] = [[], [], []];
      await using _one = await listener.onError((seen) => errors.push(seen));
      await using _two = await listener.onError((seen) => replayed.push(seen), { replayMs: 60_000 });
      await using _three = await listener.onHealth((seen) => healths.push(seen), { replayMs: 60_000 });
      await vi.waitFor(() => expect([replayed, healths]).toEqual([[report], [health]]), wait);
      await bus.publishError({ ...report, message: 'again' });
      await vi.waitFor(() => expect(errors).toEqual([{ ...report, message: 'again' }]), wait);
      expect((await jsm.streams.info('ERRORS')).state.subjects).toBeUndefined();
      expect((await jsm.streams.getMessage('ERRORS', { seq: 1 }))?.subject).toBe('aet.default.error.here.agent.high');
    });

    it('of a run are told live to its listeners only', async () => {
      const [ofRun, all]: [unknown[], unknown[]] = [[], []];
      await using _one = listener.onProgress('run-1', ({ message }) => ofRun.push(message));
      await using _two = listener.onProgress(undefined, ({ message }) => all.push(message));
      await connectionOf(receiver).flush();
      const by = { cell: CELL, host: 'mainpc', instance: 'agent-12345678', agent: 'security' };
      for (const runId of ['run-1', 'run-2']) {
        bus.publishProgress({ runId, step: 's', attempt: 1, at: '', by, kind: 'log', message: runId });
      }
      await vi.waitFor(() => expect(all).toEqual(['run-1', 'run-2']), wait);
      expect(ofRun).toEqual(['run-1']);
    });
  });
});
