import {
  type ErrorReport,
  HealthStatus,
  type InstanceRecord,
  KmRpc,
  NotFound,
  type SearchResult,
  ServiceName,
} from '@aet/contracts';
import { EventBus, Leases, NatsRpcClient, RpcClient, Rpc, connectNats } from '@aet/messaging';
import { eventually, NatsTestServer } from '@aet/messaging/testing';
import { DrainSequence, HealthBoard, type PortSource } from '@aet/service-kit';
import { prepareCell, startService, type TestService } from '@aet/service-kit/testing';
import { correlation, Log } from '@aet/telemetry';
import { LogLines } from '@aet/telemetry/testing';
import { Controller, Get, Module } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** The operating system's choice: this lib's tests have no registry. */
const anyPort: PortSource = { allocate: () => Promise.resolve({ port: 0, token: 1 }), release: () => Promise.resolve() };

/** What the requests of a test wait for. */
const gate = { begun: 0, ended: 0, open: (): void => undefined, opened: Promise.resolve() };

@Controller()
class Probe {
  constructor(private readonly log: Log) {}

  @Rpc(KmRpc.search)
  async search(): Promise<SearchResult> {
    this.log.for('probe').info('searching');
    gate.begun += 1;
    await gate.opened;
    gate.ended += 1;
    return { hits: [] };
  }

  @Get('slow')
  async slow(): Promise<{ id: string | undefined }> {
    gate.begun += 1;
    await gate.opened;
    gate.ended += 1;
    return { id: correlation.current()?.correlationId };
  }

  @Get('broken')
  broken(): never {
    throw new NotFound('no such thing');
  }
}
@Module({ controllers: [Probe] })
class ProbeModule {}

const definition = { service: ServiceName.Km, module: ProbeModule, ports: () => anyPort };

describe('a service', () => {
  let nats: NatsTestServer;
  beforeAll(async () => {
    nats = await NatsTestServer.start();
    await prepareCell(nats.url);
  });
  afterAll(() => nats[Symbol.asyncDispose]());
  beforeEach(() => {
    gate.begun = 0;
    gate.ended = 0;
    gate.opened = new Promise((resolve) => {
      gate.open = resolve;
    });
  });
  const start = (log?: LogLines): Promise<TestService> =>
    startService(definition, { nats: nats.url, ...(log === undefined ? {} : { log }) });

  it('answers its probes', async () => {
    await using service = await start();
    const get = async (path: string) => {
      const response = await fetch(service.url + path);
      return { status: response.status, body: await response.text() };
    };
    expect(await get('/health')).toMatchObject({ status: 200 });
    expect(await get('/ready')).toMatchObject({ status: 200, body: JSON.stringify({ ready: true, problems: {} }) });
    const status = JSON.parse((await get('/status')).body) as Record<string, unknown>;
    expect(status).toMatchObject({
      service: 'km',
      instance: service.identity.instance,
      url: service.url,
      health: 'ready',
      nats: 'connected',
    });
    expect((await get('/metrics')).body).toContain('process_resident_memory_bytes');
    service.app.get(HealthBoard).report('database', 'away', { unready: true });
    expect(await get('/ready')).toMatchObject({ status: 503, body: expect.stringContaining('away') });
  });

  it('holds its lease while it lives, with its newest health', async () => {
    const service = await start();
    const leases = service.app.get<Leases<InstanceRecord>>(Leases);
    const record = () =>
      leases.list().then((entries) => entries.find(({ key }) => key === `km.${service.identity.instance}`)?.value);
    expect(await record()).toMatchObject({ health: HealthStatus.Ready, url: service.url, pid: process.pid });
    service.app.get(HealthBoard).report('disk', 'nearly full');
    await eventually(async () => (await record())?.health === HealthStatus.Degraded, 'the lease says degraded', 900);
    await using other = await start();
    await service.stop();
    const left = await other.app.get<Leases<InstanceRecord>>(Leases).list();
    expect(left.map(({ key }) => key)).toEqual([`km.${other.identity.instance}`]);
  });

  it('carries the correlation id of a call into the log, over HTTP too', async () => {
    const log = new LogLines();
    await using service = await start(log);
    gate.open();
    await service.app.get(RpcClient).call(KmRpc.search, searchRequest, { correlationId: 'corr-1' });
    expect(log.saying('searching')).toMatchObject([
      { correlationId: 'corr-1', context: 'probe', service: 'km', instance: service.identity.instance },
    ]);

    const response = await fetch(`${service.url}/slow`, { headers: { 'aet-correlation-id': 'corr-2' } });
    expect(response.headers.get('aet-correlation-id')).toBe('corr-2');
    expect(await response.json()).toEqual({ id: 'corr-2' });
    await eventually(() => log.saying('request completed').length > 0, 'the request is logged');
    expect(log.saying('request completed')).toMatchObject([{ correlationId: 'corr-2', req: { method: 'GET', path: '/slow' } }]);
  });

  it('finishes what it has in hand before it ends, and takes nothing new', async () => {
    const service = await start();
    const order: string[] = [];
    const drain = service.app.get(DrainSequence);
    drain.on('stop-intake', async () => void order.push('stop-intake'));
    // Seen from the service: how much had ended when the last phase began.
    drain.on('finish', async () => void order.push(`finish after ${gate.ended}`));
    await using client = await clientOf(nats.url);
    const call = client.rpc.call(KmRpc.search, searchRequest).then(() => order.push('call'));
    const request = fetch(`${service.url}/slow`).then(async (response) => {
      order.push('request');
      return response.status;
    });
    await eventually(() => gate.begun === 2, 'both are in hand');

    const stopped = service.stop();
    expect(drain.draining).toBe(true);
    const refused = await fetch(`${service.url}/slow`);
    expect([refused.status, refused.headers.get('connection')]).toEqual([503, 'close']);
    expect((await fetch(`${service.url}/ready`)).status).toBe(503);
    await eventually(() => client.refused(), 'new calls find nobody');
    gate.open();
    await Promise.all([stopped, call]);
    expect(await request).toBe(200);
    expect(order[0]).toBe('stop-intake');
    expect(order).toContain('finish after 2');
    await expect(fetch(`${service.url}/health`)).rejects.toThrow('fetch failed');
  });

  it('ends at once when it has nothing to do', async () => {
    const service = await start();
    const before = performance.now();
    await service.stop();
    const elapsedMs = performance.now() - before;
    console.info(`idle stop: ${elapsedMs.toFixed(0)} ms`);
    expect(elapsedMs).toBeLessThan(500);
  });

  it('tells the hubs of logged errors, with a fingerprint', async () => {
    await using service = await start();
    await using listener = await start();
    const reports: ErrorReport[] = [];
    await using subscription = await listener.app.get(EventBus).onError((report) => reports.push(report));
    void subscription;
    service.log.for('ingest').error('cannot read 17', { err: new NotFound('no file 17') });
    await eventually(() => reports.length === 1, 'the report arrives');
    expect(reports[0]).toMatchObject({
      service: 'km',
      instance: service.identity.instance,
      code: 'NOT_FOUND',
      message: 'cannot read 17',
      severity: 'high',
    });
    expect(reports[0]?.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('without NATS', () => {
  it('is alive and not ready, and ready again by itself', async () => {
    await using nats = await NatsTestServer.start();
    await prepareCell(nats.url);
    await using service = await startService(definition, { nats: nats.url });
    await nats.kill();
    await eventually(async () => (await fetch(`${service.url}/ready`)).status === 503, 'not ready without NATS');
    expect((await fetch(`${service.url}/health`)).status).toBe(200);
    await nats.restart();
    await eventually(async () => (await fetch(`${service.url}/ready`)).status === 200, 'ready again', 15_000);
  });

  it('waits for a server that is not there yet, and answers probes meanwhile', async () => {
    await using nats = await NatsTestServer.start();
    await prepareCell(nats.url);
    const port = await freePort();
    await nats.kill();
    const starting = startService(definition, { nats: nats.url, config: { http: { port, host: '127.0.0.1' } } });
    const ready = () =>
      fetch(`http://127.0.0.1:${port}/ready`).then(
        (response) => response.status,
        () => undefined,
      );
    await eventually(async () => (await ready()) === 503, 'says that it is not ready');
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    await nats.restart();
    await using service = await starting;
    expect(service.url).toBe(`http://127.0.0.1:${port}`);
    expect(await ready()).toBe(200);
  });
});

const searchRequest = { project: 'p', query: 'x' };

/** A caller that outlives the service. */
async function clientOf(url: string) {
  const link = await connectNats({ servers: [url], user: 'operator', name: 'test' });
  const rpc = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 5000 });
  const refused = () =>
    rpc.call(KmRpc.search, searchRequest, { timeoutMs: 200 }).then(
      () => false,
      (error: { code?: string }) => error.code === 'NO_RESPONDERS',
    );
  return { rpc, refused, [Symbol.asyncDispose]: () => link.close() };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
