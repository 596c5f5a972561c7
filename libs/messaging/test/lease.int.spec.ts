import { once } from 'node:events';
import { Kvm } from '@nats-io/kv';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KvLeases, type Leases, type NatsLink, connectNats } from '../src/index.js';
import { connectionOf } from '../src/connection/nats-link.js';
import {
  LeakCheck,
  CONTRACT_TTL_MS,
  type LeaseValue,
  type LeasesWorld,
  NatsTestServer,
  leasesContract,
} from '../src/testing/index.js';
import { serverBinaries } from './server-binaries.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

// Things fail on purpose here.
Logger.overrideLogger(false);

const BUCKET = 'LEASES_here';

async function serverWithBucket(binary?: string): Promise<NatsTestServer> {
  const nats = await NatsTestServer.start(binary === undefined ? {} : { binary });
  const link = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'provisioner' });
  await new Kvm(connectionOf(link)).create(BUCKET, { ttl: CONTRACT_TTL_MS, history: 1 });
  await link.close();
  return nats;
}

class KvWorld implements LeasesWorld, AsyncDisposable {
  private readonly links = new Map<Leases<LeaseValue>, NatsLink>();

  private constructor(private readonly nats: NatsTestServer) {}

  static async start(binary: string): Promise<KvWorld> {
    return new KvWorld(await serverWithBucket(binary));
  }

  async view(): Promise<Leases<LeaseValue>> {
    const link = await connectNats({ servers: [this.nats.url], user: 'service-registry', name: 'holder' });
    const leases = new KvLeases<LeaseValue>(link, BUCKET);
    this.links.set(leases, link);
    return leases;
  }

  async sever(leases: Leases<LeaseValue>): Promise<void> {
    await this.links.get(leases)?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.links.values()].map((link) => link.close()));
    await this.nats[Symbol.asyncDispose]();
  }
}

describe.each(await serverBinaries())('leases over nats-server $version', ({ path }) => {
  it.concurrent.each(leasesContract)('$name', async ({ obeysContract }) => {
    await using world = await KvWorld.start(path);
    await obeysContract(world);
  });
});

describe('a lease over faults', () => {
  const options = { ttlMs: CONTRACT_TTL_MS, renewMs: 400 };
  let nats: NatsTestServer;
  let link: NatsLink;
  let leases: KvLeases<{ owner: string }>;

  beforeEach(async () => {
    nats = await serverWithBucket();
    link = await connectNats({ servers: [nats.url], user: 'service-registry', name: 'holder' });
    leases = new KvLeases(link, BUCKET);
  });
  afterEach(async () => {
    await link.close();
    await nats[Symbol.asyncDispose]();
  });

  it('survives a restart of the server that is shorter than its time', async () => {
    const held = await leases.acquire('port', () => ({ owner: 'a' }), options);
    const { token } = held;
    await nats.kill();
    await nats.restart();
    await vi.waitFor(() => expect(held.token).toBeGreaterThan(token + 1), { timeout: 10_000 });
    expect(held.lost.aborted).toBe(false);
    expect(await leases.list()).toMatchObject([{ value: { owner: 'a' } }]);
    await held.release();
  });

  it('is lost at its time less a second when the server stays away', async () => {
    const held = await leases.acquire('port', () => ({ owner: 'a' }), options);
    await nats.kill();
    const killedAt = performance.now();
    await once(held.lost, 'abort');
    const took = performance.now() - killedAt;
    expect(took).toBeLessThanOrEqual(CONTRACT_TTL_MS - 1_000 + 100);
    expect(took).toBeGreaterThan(CONTRACT_TTL_MS - 1_000 - options.renewMs - 200);
    await held.release();
  });

  it('is watched through a restart of the server', async () => {
    const other = await connectNats({ servers: [nats.url], user: 'observability-hub', name: 'watcher' });
    const told: string[] = [];
    const watching = await new KvLeases<{ owner: string }>(other, BUCKET).watch((change) => {
      told.push(change.kind === 'put' ? `put ${change.entry.key}` : `gone ${change.key} ${change.expired}`);
    });
    const held = await leases.acquire('one', () => ({ owner: 'a' }), options);
    await nats.kill();
    await nats.restart();
    const late = await vi.waitFor(() => leases.acquire('two', () => ({ owner: 'a' }), options), { timeout: 5_000 });
    await vi.waitFor(() => expect(told).toContain('put two'), { timeout: 10_000 });
    expect(told).not.toContain('gone one true');
    await held.release();
    await vi.waitFor(() => expect(told).toContain('gone one false'), { timeout: 10_000 });
    await watching[Symbol.asyncDispose]();
    await late.release();
    await other.close();
  });

  it('leaves alone what is no lease', async () => {
    await (await new Kvm(connectionOf(link)).open(BUCKET)).put('foreign', 'hello');
    await using _held = await leases.acquire('port', () => ({ owner: 'a' }), options);
    expect((await leases.list()).map(({ key }) => key)).toEqual(['port']);
  });

  it('says that a bucket is missing', async () => {
    const missing = new KvLeases(link, 'NOT_THERE');
    await expect(missing.acquire('port', () => ({}), options)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is known to be lost by a process that was paused for too long, in its first breath', async () => {
    const held = await leases.acquire('port', () => ({ owner: 'a' }), options);
    const { token } = held;
    await vi.waitFor(() => expect(held.token).toBeGreaterThan(token), { timeout: 5_000 });
    pauseThisProcess(CONTRACT_TTL_MS + 100);
    expect(() => held.token).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
    expect(held.lost.aborted).toBe(true);
    // The server's own clock ends the claim, a moment later when the machine is busy.
    await using next = await vi.waitFor(() => leases.acquire('port', () => ({ owner: 'b' }), options), { timeout: 5_000 });
    expect(next.token).toBeGreaterThan(token);
    await held.release();
    expect(await leases.list()).toMatchObject([{ value: { owner: 'b' } }]);
  });

  it('is kept by a process that was paused for less', async () => {
    const held = await leases.acquire('port', () => ({ owner: 'a' }), options);
    const { token } = held;
    await vi.waitFor(() => expect(held.token).toBeGreaterThan(token), { timeout: 5_000 });
    pauseThisProcess(CONTRACT_TTL_MS - 1_000 - 2 * options.renewMs);
    const woken = held.token;
    await vi.waitFor(() => expect(held.token).toBeGreaterThan(woken), { timeout: 5_000 });
    await held.release();
  });
});

/** As SIGSTOP and SIGCONT would: no timer runs, no packet is read, and the clock goes on. */
function pauseThisProcess(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
