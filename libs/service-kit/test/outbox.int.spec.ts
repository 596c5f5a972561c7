import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceName, TASK_SCHEMA_VERSION, type TaskResult } from '@aet/contracts';
import { DirectOutbox, Outbox, WorkQueue } from '@aet/messaging';
import { eventually, NatsTestServer } from '@aet/messaging/testing';
import { HealthBoard, type PortSource, type ServiceDefinition } from '@aet/service-kit';
import { prepareCell, startService, type TestService } from '@aet/service-kit/testing';
import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The operating system's choice: this lib's tests have no registry. */
const anyPort: PortSource = { allocate: () => Promise.resolve({ port: 0, token: 1 }), release: () => Promise.resolve() };

@Module({})
class EmptyModule {}
const definition: ServiceDefinition = { service: ServiceName.Agent, module: EmptyModule, ports: () => anyPort };

const result: TaskResult = {
  v: TASK_SCHEMA_VERSION,
  runId: 'run-1',
  step: 's',
  attempt: 1,
  epoch: 1,
  by: { cell: 'local', host: 'pc', instance: 'agent-1', agent: 'security' },
  startedAt: new Date(0).toISOString(),
  durationMs: 1,
  status: 'completed',
  output: 'done',
};

describe('the outbox of a service', () => {
  let nats: NatsTestServer;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'aet-outbox-'));
    nats = await NatsTestServer.start();
    await prepareCell(nats.url);
  });
  afterAll(async () => {
    await nats[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  });
  const start = (folder: string, more: Partial<ServiceDefinition> = {}): Promise<TestService> =>
    startService({ ...definition, ...more }, { nats: nats.url, config: { outbox: { dir: folder } } });

  it('keeps what NATS does not take, and shows it', async () => {
    await using service = await start(dir);
    const status = async () => (await (await fetch(`${service.url}/status`)).json()) as { outbox: object; link: object };
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
    };
    expect([await metric('aet_outbox_records'), await metric('aet_nats_connected')]).toEqual([0, 1]);
    await nats.kill();
    await eventually(async () => (await metric('aet_nats_connected')) === 0, 'the link is down', 20_000);
    const queue = service.app.get<WorkQueue>(WorkQueue);
    expect(await queue.publishResult(result, 'local')).toEqual({ kept: true });
    // An error that is logged meanwhile waits beside it.
    expect(await metric('aet_outbox_records')).toBeGreaterThanOrEqual(1);
    expect(await metric('aet_outbox_bytes')).toBeGreaterThan(100);
    expect(await metric('aet_outbox_oldest_age_seconds')).toBeGreaterThanOrEqual(0);
    expect(await metric('aet_outbox_limit_bytes')).toBe(67_108_864);
    expect((await status()).outbox).toMatchObject({ folder: join(dir, 'default.local.agent.0'), refused: 0, setAside: 0 });
    await nats.restart();
    await eventually(async () => (await metric('aet_outbox_records')) === 0, 'all has left', 20_000);
    expect(await metric('aet_outbox_drained_total')).toBe(await metric('aet_outbox_kept_total'));
    expect((await status()).link).toMatchObject({ server: nats.url.slice('nats://'.length), disconnects: 1, reconnects: 1 });
    expect(await queue.pendingResults()).toBe(1);
  });

  it('survives the end of the process: the next one sends what it left', async () => {
    const first = await start(dir);
    await nats.kill();
    await first.app
      .get<WorkQueue>(WorkQueue)
      .publishResult({ ...result, attempt: 2 }, 'local')
      .catch(() => undefined);
    const queued = async () => (await readdir(join(dir, 'default.local.agent.0'))).filter((name) => name.endsWith('.seg'));
    expect(await queued()).toHaveLength(1);
    await first.stop();
    await nats.restart();
    await using second = await start(dir);
    const queue = second.app.get<WorkQueue>(WorkQueue);
    await eventually(async () => (await queue.pendingResults()) === 2, 'the result has arrived', 20_000);
    await eventually(async () => (await queued()).length === 0, 'nothing is left', 20_000);
  });

  it('is missed where its folder cannot be used: the service runs, and says so', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    await using service = await start(file);
    expect(service.app.get(HealthBoard).problems).toMatchObject({ outbox: expect.stringContaining('cannot be used') });
    expect(service.app.get(Outbox)).toBeInstanceOf(DirectOutbox);
  });

  it('is none for a service that keeps a record of its own', async () => {
    await using service = await start(dir, { outbox: false });
    expect(service.app.get(Outbox)).toBeInstanceOf(DirectOutbox);
    expect(service.app.get(HealthBoard).problems).toEqual({});
  });
});
