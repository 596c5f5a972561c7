import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Aggregate,
  Bucket,
  type HealthReport,
  HealthStatus,
  type InstanceRecord,
  JetStreamApi,
  ObjectBucket,
  type RpcMethod,
  SERVICES,
  ServiceName,
  Severity,
  Slot,
  Stream,
  Subjects,
  bucketName,
  cloudEvent,
  inboxPrefix,
  kvStream,
  objectStream,
} from '@aet/contracts';
import { Logger } from '@nestjs/common';
import { jetstreamManager } from '@nats-io/jetstream';
import { PermissionViolationError } from '@nats-io/nats-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectionOf } from '../src/connection/nats-link.js';
import {
  JetStreamEventBus,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  KvLeases,
  NATS_USERS,
  NatsKeyValueStores,
  type NatsLink,
  type NatsUser,
  NatsRpcClient,
  ObjectArtifactStore,
  ObjectPayloadStore,
  OtherUser,
  connectNats,
  ensureCredentials,
  readSeed,
} from '../src/index.js';
import { LeakCheck, eventually, resultFor, taskFor } from '../src/testing/index.js';
import { Echo, identity, startEcho } from './echo-service.js';
import { GuardedCell } from './guarded-cell.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

Logger.overrideLogger(false);
const subjects = new Subjects();
const cell = 'c1';
const here = { namespace: 'default', cell };

describe('the keys of a cell', () => {
  let dir: string;
  beforeEach(async () => void (dir = join(await mkdtemp(join(tmpdir(), 'aet-cred-')), 'credentials')));
  afterEach(() => rm(join(dir, '..'), { recursive: true, force: true }));

  it('makes one key for each user, private to the owner, and keeps it', async () => {
    const keys = await ensureCredentials(dir);
    expect(Object.keys(keys).toSorted()).toEqual([...NATS_USERS].toSorted());
    expect(new Set(Object.values(keys)).size).toBe(NATS_USERS.length);
    for (const key of Object.values(keys)) expect(key).toMatch(/^U[A-Z2-7]{55}$/);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    const files = await readdir(dir);
    expect(files.toSorted()).toEqual([...NATS_USERS.map((user) => `${user}.nk`), 'leaf.conf'].toSorted());
    for (const file of files) expect((await stat(join(dir, file))).mode & 0o777).toBe(0o600);
    const seed = await readFile(join(dir, 'leaf.nk'), 'latin1');
    expect(await readFile(join(dir, 'leaf.conf'), 'latin1')).toBe(`nkey: "${seed}"\n`);
    expect(await ensureCredentials(dir)).toEqual(keys);
  });

  it('gives two processes that start at once the same keys', async () => {
    const [one, two] = await Promise.all([ensureCredentials(dir), ensureCredentials(dir)]);
    expect(one).toEqual(two);
    expect((await readdir(dir)).length).toBe(NATS_USERS.length + 1);
  });

  it('refuses a file that others may read, and a damaged one, with what to do', async () => {
    await ensureCredentials(dir);
    const file = join(dir, 'agent.nk');
    await chmod(file, 0o644);
    await expect(ensureCredentials(dir)).rejects.toThrow(/can be read by others \(mode 644\): run chmod 600/);
    await chmod(file, 0o600);
    const seed = await readFile(file, 'latin1');
    await writeFile(file, `${seed.slice(0, 20)}${seed[20] === 'A' ? 'B' : 'A'}${seed.slice(21)}`);
    const error: unknown = await ensureCredentials(dir).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/agent\.nk holds a damaged seed: delete it/);
    expect(String(error)).not.toContain(seed.slice(0, 20));
  });
});

describe.each(await serverBinaries())('permissions on nats-server $version', ({ path }) => {
  let guarded: GuardedCell;
  const links = new Map<NatsUser, NatsLink>();
  const as = (user: NatsUser): NatsLink => links.get(user)!;

  beforeAll(async () => {
    guarded = await GuardedCell.start(path, cell);
    for (const user of NATS_USERS) if (user !== OtherUser.Leaf) links.set(user, await guarded.as(user));
  });
  afterAll(async () => {
    links.clear();
    await guarded[Symbol.asyncDispose]();
  });

  /** Resolves with what the server says to a publish: undefined when it lets it pass. */
  async function refusalOfPublish(user: NatsUser, subject: string): Promise<string | undefined> {
    const connection = connectionOf(as(user));
    const denials: string[] = [];
    const stop = onErrors(connection, (error) => denials.push(error.subject));
    connection.publish(subject, '{}');
    // The server answers in order: its pong comes after its refusal.
    await connection.flush();
    await stop();
    return denials[0];
  }
  async function refusalOfSubscribe(user: NatsUser, subject: string): Promise<string | undefined> {
    const connection = connectionOf(as(user));
    let denied: string | undefined;
    const subscription = connection.subscribe(subject, {
      callback: (error) => {
        if (error instanceof PermissionViolationError) denied = error.subject;
      },
    });
    await connection.flush();
    subscription.unsubscribe();
    return denied;
  }

  it('starts, and refuses a key that it does not know', async () => {
    const stranger = await mkdtemp(join(tmpdir(), 'aet-stranger-'));
    await ensureCredentials(stranger);
    const seed = await readSeed(stranger, 'agent');
    const login = connectNats({ servers: [guarded.server.url], user: 'agent', seed, name: 'stranger' });
    await expect(login).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const anonymous = connectNats({ servers: [guarded.server.url], user: 'agent', name: 'nobody' });
    await expect(anonymous).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await rm(stranger, { recursive: true });
  });

  it('does not let the leaf key in as a client', async () => {
    await expect(guarded.as(OtherUser.Leaf)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  describe.each(SERVICES)('%s', (service) => {
    const instance = `${service}-12345678`;

    it('holds its lease, reports health and errors', async () => {
      const leases = new KvLeases<InstanceRecord>(as(service), bucketName(Bucket.Leases, 'default', cell));
      const lease = await leases.acquire(`${service}.${instance}`, () => record(service, instance), {
        ttlMs: 5_000,
        renewMs: 1_000,
      });
      const first = lease.token;
      await lease.update(record(service, instance));
      expect(lease.token).toBeGreaterThan(first);
      await lease.release();
      const bus = new JetStreamEventBus(as(service), here);
      await bus.publishHealth({ record: record(service, instance), at: new Date().toISOString(), problems: {} });
      await bus.publishError({
        at: '',
        cell,
        host: 'h',
        service,
        instance,
        severity: Severity.Low,
        code: 'X',
        message: 'x',
        fingerprint: 'f',
      });
    });

    it('may not act as another service', async () => {
      const other = service === ServiceName.Km ? ServiceName.Agent : ServiceName.Km;
      const leases = bucketName(Bucket.Leases, 'default', cell);
      expect(await refusalOfPublish(service, subjects.health(cell, other, 'x-1'))).toBe(subjects.health(cell, other, 'x-1'));
      expect(await refusalOfPublish(service, subjects.error(cell, other, Severity.Low))).toBeDefined();
      expect(await refusalOfPublish(service, `$KV.${leases}.${other}.x-1`)).toBeDefined();
      expect(await refusalOfSubscribe(service, subjects.rpc(other, 'search'))).toBeDefined();
      expect(await refusalOfSubscribe(service, `$SRV.PING.${other}`)).toBeDefined();
    });

    it('may not read any inbox but its own, nor everything', async () => {
      for (const user of NATS_USERS.filter((other) => other !== service)) {
        expect(await refusalOfSubscribe(service, `${inboxPrefix(user)}.>`)).toBeDefined();
      }
      expect(await refusalOfSubscribe(service, '_INBOX.>')).toBeDefined();
      expect(await refusalOfSubscribe(service, '>')).toBeDefined();
      expect(await refusalOfSubscribe(service, `${inboxPrefix(service)}.x.>`)).toBeUndefined();
    });

    it('may not make, change or remove streams', async () => {
      for (const verb of ['CREATE', 'UPDATE', 'DELETE']) {
        expect(await refusalOfPublish(service, `$JS.API.STREAM.${verb}.TASKS`)).toBeDefined();
        expect(await refusalOfPublish(service, `$JS.API.STREAM.${verb}.NEW`)).toBeDefined();
      }
      expect(await refusalOfPublish(service, '$JS.API.CONSUMER.CREATE.TASKS.thief')).toBeDefined();
      expect(await refusalOfPublish(service, '$JS.API.CONSUMER.DELETE.RESULTS.orchestrator')).toBeDefined();
      expect(await refusalOfPublish(service, '$JS.API.STREAM.PURGE.TASKS')).toBeDefined();
    });

    it('publishes tasks only as orchestrator, results only as agent', async () => {
      const isRefused = async (subject: string) => (await refusalOfPublish(service, subject)) !== undefined;
      expect(await isRefused(subjects.task(cell, 'low', 'nobody'))).toBe(service !== ServiceName.Orchestrator);
      expect(await isRefused(subjects.result('elsewhere', 'r'))).toBe(true);
      expect(await isRefused(JetStreamApi.next(Stream.Results, 'orchestrator'))).toBe(service !== ServiceName.Orchestrator);
      expect(await isRefused(JetStreamApi.next(Stream.Tasks, 'alpha__low'))).toBe(service !== ServiceName.Agent);
      expect(await isRefused(subjects.progress('r'))).toBe(service !== ServiceName.Agent);
      expect(await isRefused(subjects.event(cell, Aggregate.Run, 'r'))).toBe(service !== ServiceName.Orchestrator);
      const speaksForOperators = service === ServiceName.Gateway || service === ServiceName.Orchestrator;
      expect(await isRefused(subjects.rpcInCell(ServiceName.Orchestrator, 'approve', cell))).toBe(!speaksForOperators);
      const mayAsk = speaksForOperators || service === ServiceName.Agent;
      expect(await isRefused(subjects.rpcInCell(ServiceName.Orchestrator, 'attempt', cell))).toBe(!mayAsk);
      expect(await isRefused(subjects.alert(cell, 'f'))).toBe(service !== ServiceName.Hub);
      expect(await isRefused(JetStreamApi.message(kvStream(bucketName(Bucket.Ports, 'default', cell))))).toBe(
        service !== ServiceName.Registry,
      );
      expect(await isRefused(JetStreamApi.streamPurge(objectStream(bucketName(ObjectBucket.Artifacts, 'default', cell))))).toBe(
        service !== ServiceName.Agent,
      );
    });
  });

  it('lets a task go from orchestrator to agent, and its result back', async () => {
    const who = (instance: string) => ({ ...here, host: 'h', instance, ackWaitMs: 5_000, workingMs: 1_000 });
    const [orchestrator, agent] = [as(ServiceName.Orchestrator), as(ServiceName.Agent)];
    const [queue, agentQueue] = [new JetStreamWorkQueue(orchestrator, who('o')), new JetStreamWorkQueue(agent, who('a'))];
    const results: string[] = [];
    const folding = await new JetStreamWorkConsumers(orchestrator, who('o')).results({
      batch: 10,
      handler: async (batch) => void results.push(...batch.map((result) => result.step)),
    });
    const working = await new JetStreamWorkConsumers(agent, who('a')).tasks({
      cell,
      capabilities: ['alpha'],
      slots: 1,
      handler: async ({ message }) => {
        if (message.step === 'bad') return { kind: 'reject', reason: 'no-agent', message: 'none' };
        await agentQueue.publishResult(resultFor(message.step), cell);
        return { kind: 'done' };
      },
    });
    const { sequence } = await queue.publish(taskFor('good'), 'good');
    await queue.publish(taskFor('bad'), 'bad');
    await eventually(() => results.includes('good'), 'the result arrives');
    await eventually(async () => (await queue.pendingResults()) === 0, 'the result is acknowledged');
    await eventually(async () => !(await queue.holds(sequence)), 'the task is gone');
    const jsm = await jetstreamManager(connectionOf(as(OtherUser.Operator)));
    await eventually(async () => (await jsm.streams.info(Stream.Dlq)).state.messages === 1, 'the dead letter is there');
    expect(results).toEqual(['good']);
    await working.drain(1_000);
    await folding.drain(1_000);
  });

  it('lets facts and progress reach hub and gateway', async () => {
    const facts: string[] = [];
    const progress: string[] = [];
    const hub = new JetStreamEventBus(as(ServiceName.Hub), here);
    const gateway = new JetStreamEventBus(as(ServiceName.Gateway), here);
    const healths: string[] = [];
    const open = [
      await hub.onFact((event) => facts.push(`hub ${event.id}`)),
      await hub.onHealth((report: HealthReport) => healths.push(report.record.service), { replayMs: 60_000 }),
      await hub.onError(() => {}),
      await gateway.onFact((event) => facts.push(`gateway ${event.id}`), { runId: 'r1', from: 'new' }),
      gateway.onProgress('r1', (news) => progress.push(news.kind)),
    ];
    const fact = cloudEvent({
      id: 'e1',
      ...here,
      service: 'orchestrator',
      type: 't',
      subject: 'r1',
      time: new Date(),
      correlationId: 'c',
      data: {},
    });
    await new JetStreamEventBus(as(ServiceName.Orchestrator), here).publishFact(Aggregate.Run, 'r1', fact, 'e1');
    const by = { cell, host: 'h', instance: 'a', agent: 'a' };
    const agent = new JetStreamEventBus(as(ServiceName.Agent), here);
    agent.publishProgress({ runId: 'r1', step: 's', attempt: 1, at: '', by, kind: 'started' });
    await eventually(() => facts.includes('hub e1') && facts.includes('gateway e1'), 'the fact arrives');
    await eventually(() => progress.includes('started') && healths.length >= SERVICES.length, 'progress and health arrive');
    expect(new Set(healths)).toEqual(new Set(SERVICES));
    for (const subscription of open) await subscription.close();
  });

  it('lets agents write artifacts, and the gateway read them and not write', async () => {
    const writer = new ObjectArtifactStore(as(ServiceName.Agent), here);
    const reader = new ObjectArtifactStore(as(ServiceName.Gateway), here);
    const large = new Uint8Array(300_000).fill(7);
    await writer.put('r1', 'report.md', large.fill(8), 'text/markdown');
    await writer.put('r1', 'report.md', large.fill(9), 'text/markdown');
    expect((await reader.get('r1', 'report.md')).content).toEqual(large);
    expect((await reader.list('r1')).map((ref) => ref.name)).toEqual(['report.md']);
    expect(
      await refusalOfPublish(ServiceName.Gateway, `$O.${bucketName(ObjectBucket.Artifacts, 'default', cell)}.C.x`),
    ).toBeDefined();
  });

  it('lets hosts and the gateway put large values, and the orchestrator remove them', async () => {
    const [orchestrator, ...others] = [ServiceName.Orchestrator, ServiceName.Agent, ServiceName.Gateway].map(
      (user) => new ObjectPayloadStore(as(user), here),
    );
    const later = Date.now() + 60_000;
    expect(await orchestrator?.storedBefore(later)).toEqual([]);
    const refs = await Promise.all(others.map((store, index) => store.put(`"value ${index}"`)));
    const names = refs.map(({ $payload }) => $payload.sha256);
    expect(new Set((await orchestrator?.storedBefore(later))?.map(({ sha256 }) => sha256))).toEqual(new Set(names));
    for (const name of names) expect(await orchestrator?.remove(name, later)).toBe(true);
    expect(await orchestrator?.storedBefore(later)).toEqual([]);
  });

  it('lets the registry and the hub watch all leases', async () => {
    const bucket = bucketName(Bucket.Leases, 'default', cell);
    const seen: string[] = [];
    await using _one = await new KvLeases(as(ServiceName.Registry), bucket).watch((change) =>
      seen.push(`registry ${change.kind}`),
    );
    await using _two = await new KvLeases(as(ServiceName.Hub), bucket).watch((change) => seen.push(`hub ${change.kind}`));
    const lease = await new KvLeases(as(ServiceName.Km), bucket).acquire('km.km-9', () => ({}), { ttlMs: 5_000, renewMs: 1_000 });
    await eventually(() => seen.includes('registry put') && seen.includes('hub put'), 'both see it');
    expect(lease.lost.aborted).toBe(false);
    await lease.release();
  });

  it('lets the registry keep the ports, and nobody else', async () => {
    const ports = new NatsKeyValueStores(as(ServiceName.Registry), here).open<{ holder: string }>(Bucket.Ports);
    const seen: string[] = [];
    await using _watch = await ports.watch((change) => seen.push(change.kind));
    const revision = await ports.create('h/5001', { holder: 'one' });
    await ports.delete('h/5001', await ports.update('h/5001', { holder: 'two' }, revision));
    await eventually(() => seen.includes('put') && seen.includes('deleted'), 'the changes are told');
    expect(await ports.list()).toEqual([]);
    for (const other of SERVICES.filter((service) => service !== ServiceName.Registry)) {
      expect(await refusalOfPublish(other, `$KV.${bucketName(Bucket.Ports, 'default', cell)}.h/5001`)).toBeDefined();
    }
  });

  it('lets the orchestrator write down decisions about the queue, hosts claim permits, and nobody else', async () => {
    const bucketOf = (user: NatsUser) => new NatsKeyValueStores(as(user), here).open<{ n: number }>(Bucket.Queue);
    const [decides, claims] = [bucketOf(ServiceName.Orchestrator), bucketOf(ServiceName.Agent)];
    const seen: string[] = [];
    await using _watch = await claims.watch((change) => seen.push(change.kind));
    await decides.create('control.alpha', { n: 1 });
    await claims.update('permits.alpha', { n: 2 }, await claims.create('permits.alpha', { n: 1 }));
    await eventually(() => seen.length >= 2, 'the host is told');
    expect((await decides.list()).length).toBe(2);
    const keys = `$KV.${bucketName(Bucket.Queue, 'default', cell)}`;
    expect(await refusalOfPublish(ServiceName.Agent, `${keys}.control.alpha`)).toBeDefined();
    expect(await refusalOfPublish(ServiceName.Orchestrator, `${keys}.permits.alpha`)).toBeDefined();
    for (const other of SERVICES.filter((service) => service !== ServiceName.Orchestrator && service !== ServiceName.Agent)) {
      expect(await refusalOfPublish(other, `${keys}.control.alpha`)).toBeDefined();
      expect(await refusalOfPublish(other, `${keys}.permits.alpha`)).toBeDefined();
    }
  });

  it('lets callers call whom they need, and get the reply', async () => {
    const km = await startEcho(as(ServiceName.Km), identity('km-aaaaaaaa', cell));
    const call = (user: NatsUser, method: RpcMethod<{ text: string }, { text: string }>) =>
      new NatsRpcClient(as(user), { namespace: 'default', defaultTimeoutMs: 1_000 }).call(method, { text: 'hello' });
    for (const user of [ServiceName.Gateway, ServiceName.Agent, OtherUser.Operator]) {
      expect(await call(user, Echo.say)).toMatchObject({ text: 'hello' });
    }
    await expect(call(ServiceName.Hub, Echo.say)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const answer = await connectionOf(as(OtherUser.Operator)).request('$SRV.PING.km', '', { timeout: 1_000 });
    expect(answer.json()).toMatchObject({ id: 'km-aaaaaaaa' });
    await km.drain();
  });

  it('lets the operator look and not touch', async () => {
    const operator = OtherUser.Operator;
    const jsm = await jetstreamManager(connectionOf(as(operator)));
    expect((await jsm.streams.list().next()).map((info) => info.config.name)).toContain('TASKS');
    expect((await jsm.streams.info(Stream.Events)).state.messages).toBeGreaterThan(0);
    expect(await refusalOfPublish(operator, subjects.task(cell, 'low', 'alpha'))).toBeDefined();
    expect(await refusalOfPublish(operator, '$JS.API.STREAM.DELETE.EVENTS')).toBeDefined();
    expect(await refusalOfPublish(operator, JetStreamApi.next(Stream.Tasks, 'alpha__low'))).toBeDefined();
    expect(await refusalOfSubscribe(operator, '_INBOX.>')).toBeDefined();
    expect(await refusalOfSubscribe(operator, subjects.allEvents())).toBeUndefined();
  });

  it('gives the system account to sys alone', async () => {
    const answer = await connectionOf(as(OtherUser.Sys)).request('$SYS.REQ.SERVER.PING.CONNZ', '', { timeout: 2_000 });
    expect(answer.json()).toHaveProperty('data');
    expect(await refusalOfPublish(ServiceName.Gateway, '$SYS.REQ.SERVER.PING.CONNZ')).toBeDefined();
  });
});

const record = (service: ServiceName, instance: string): InstanceRecord => ({
  service,
  instance,
  version: '1.0.0',
  slot: Slot.Blue,
  cell,
  host: 'h',
  pid: 1,
  startedAt: '',
  ports: {},
  capabilities: [],
  labels: {},
  health: HealthStatus.Ready,
  load: { cpu: 0, rssBytes: 0, active: 0, capacity: 0 },
});

/** Calls back on refusals until stopped; stopping waits for those already on their way. */
function onErrors(
  connection: ReturnType<typeof connectionOf>,
  callback: (error: PermissionViolationError) => void,
): () => Promise<void> {
  const status = connection.status();
  const reading = (async () => {
    for await (const event of status)
      if (event.type === 'error' && event.error instanceof PermissionViolationError) callback(event.error);
  })();
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    (status as unknown as { stop(): void }).stop();
    await reading;
  };
}
