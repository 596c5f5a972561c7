import { type InstanceRecord, KmRpc, type PortList, RegistryRpc, ServiceName } from '@aet/contracts';
import { Leases, RpcClient, Rpc } from '@aet/messaging';
import { eventually, NatsTestServer } from '@aet/messaging/testing';
import type { PortSource } from '@aet/service-kit';
import { prepareCell, startService, type TestService } from '@aet/service-kit/testing';
import { LogLines } from '@aet/telemetry/testing';
import { Controller, Module } from '@nestjs/common';
import { afterAll, beforeAll, expect, it } from 'vitest';

const anyPort: PortSource = { allocate: () => Promise.resolve({ port: 0, token: 1 }), release: () => Promise.resolve() };

@Module({})
class Caller {}

@Controller()
class RegistryController {
  @Rpc(RegistryRpc.ports)
  ports(): PortList {
    return { ports: [], pools: [] };
  }
}
@Module({ controllers: [RegistryController] })
class Registry {}

const caller = { service: ServiceName.Km, module: Caller, ports: () => anyPort };
const registry = { service: ServiceName.Registry, module: Registry, ports: () => anyPort };

let nats: NatsTestServer;
beforeAll(async () => {
  nats = await NatsTestServer.start();
  await prepareCell(nats.url);
});
afterAll(() => nats[Symbol.asyncDispose]());

interface Status {
  calls: { target: string; breaker: string; failures: number }[];
  openBreakers?: string[];
  methods: { method: string; shed: number }[];
}
const statusOf = async (service: TestService): Promise<Status> => (await (await fetch(`${service.url}/status`)).json()) as Status;
const metricsOf = async (service: TestService): Promise<string> => (await fetch(`${service.url}/metrics`)).text();

it('shows an open breaker in status, metrics, lease and log, until the target answers again', async () => {
  const log = new LogLines();
  await using service = await startService(caller, { nats: nats.url, log });
  const rpc = service.app.get(RpcClient);
  const ask = () =>
    rpc.call(RegistryRpc.ports, {}).then(
      () => 'answered',
      (error: { code: string }) => error.code,
    );
  const record = async () => {
    const entries = await service.app.get<Leases<InstanceRecord>>(Leases).list();
    return entries.find(({ key }) => key.startsWith('km.'))?.value;
  };
  expect((await statusOf(service)).calls).toEqual([]);

  for (let call = 0; call < 5; call++) expect(await ask()).toBe('NO_RESPONDERS');
  expect(await metricsOf(service)).toMatch(/aet_messaging_errors_total\{place="call",code="NO_RESPONDERS"\} (?:[5-9]|\d\d)/);
  await eventually(async () => (await record())?.openBreakers?.[0] === 'service-registry.ports', 'the lease names it', 10_000);
  expect(await statusOf(service)).toMatchObject({
    openBreakers: ['service-registry.ports'],
    calls: [{ target: 'service-registry.ports', breaker: 'open', failures: 5 }],
  });
  const metrics = await metricsOf(service);
  expect(metrics).toContain('aet_rpc_breaker_state{target="service-registry.ports"} 2');
  expect(metrics).toContain('aet_rpc_call_failures_total{target="service-registry.ports"} 5');
  expect(log.saying('service-registry.ports fails')).toHaveLength(1);

  expect(metrics).toContain('aet_rpc_requests_shed_total');

  await using other = await startService(registry, { nats: nats.url });
  expect(other.identity.service).toBe('service-registry');
  await eventually(async () => (await ask()) === 'answered', 'a trial closes it', 20_000);
  await eventually(async () => (await record())?.openBreakers === undefined, 'the lease says so', 10_000);
  expect((await statusOf(service)).calls).toMatchObject([{ breaker: 'closed' }]);
  expect(log.saying('service-registry.ports answers again')).toHaveLength(1);
  expect(await metricsOf(other)).toMatch(/aet_rpc_requests_total\{method="service-registry\.ports"\} [1-9]/);
  expect((await statusOf(other)).methods).toMatchObject([{ method: 'service-registry.ports', inHand: 0, shed: 0 }]);
});

it('answers by the fallback that the configuration declares', async () => {
  const targets = { 'km.search': { retry: { attempts: 1 }, fallback: { hits: [] } } };
  await using service = await startService(registry, { nats: nats.url, config: { resilience: { targets } } });
  expect(await service.app.get(RpcClient).call(KmRpc.search, { project: 'p', query: 'x' })).toEqual({ hits: [] });
  expect((await statusOf(service)).calls).toMatchObject([{ target: 'km.search', fallbacks: 1, failures: 1 }]);
});
