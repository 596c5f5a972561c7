import { type AetConfig, ConfigSource } from '@aet/config';
import { ArtifactStore, EventBus, PayloadStore, RpcClient } from '@aet/messaging';
import { DrainSequence, HealthBoard, ServiceIdentity } from '@aet/service-kit';
import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayModule } from '../../src/gateway.module.js';
import type { FleetDouble } from './fleet-double.js';

export const TOKEN = 'token-of-the-tests-0123456789abcdef';

/** The gateway's module with its real HTTP side over given back ends, and the drain in the test's hand. */
export class GatewayUnderTest implements AsyncDisposable {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly problems: Record<string, string>,
    private readonly steps: (() => Promise<void>)[],
    private readonly dir: string,
  ) {}

  static async start(fleet: FleetDouble, consoleDir = '', key = 'k'.repeat(48)): Promise<GatewayUnderTest> {
    const dir = mkdtempSync(join(tmpdir(), 'aet-gateway-'));
    const config = { gateway: gatewayConfig(dir, consoleDir, key) } as AetConfig;
    const problems: Record<string, string> = {};
    const steps: (() => Promise<void>)[] = [];
    @Global()
    @Module({
      providers: [
        { provide: ConfigSource, useValue: { config } },
        { provide: RpcClient, useValue: fleet.rpc },
        { provide: EventBus, useValue: fleet.bus },
        { provide: ArtifactStore, useValue: fleet.artifacts },
        { provide: PayloadStore, useValue: fleet.payloads },
        { provide: DrainSequence, useValue: { on: (_: string, step: () => Promise<void>) => steps.push(step) } },
        { provide: HealthBoard, useValue: { report: (part: string, problem: string) => (problems[part] = problem) } },
        { provide: ServiceIdentity, useValue: { version: '0.0.0-test', cell: 'c1' } },
      ],
      exports: [ConfigSource, RpcClient, EventBus, ArtifactStore, PayloadStore, DrainSequence, HealthBoard, ServiceIdentity],
    })
    class Shell {}
    const module = await Test.createTestingModule({ imports: [Shell, GatewayModule] }).compile();
    const adapter = new FastifyAdapter({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
    const app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    return new GatewayUnderTest(app, problems, steps, dir);
  }

  /** The address, on a free port of the loopback. */
  async listen(port = 0): Promise<string> {
    await this.app.listen(port, '127.0.0.1');
    const { port: bound } = this.app.getHttpServer().address() as { port: number };
    return `http://127.0.0.1:${bound}`;
  }

  async drain(): Promise<void> {
    for (const step of this.steps) await step();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
    await this.app.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function gatewayConfig(dir: string, consoleDir: string, key: string): AetConfig['gateway'] {
  const tokenHashFile = join(dir, 'token.sha256');
  const sessionKeyFile = join(dir, 'session.key');
  writeFileSync(tokenHashFile, `${createHash('sha256').update(TOKEN).digest('hex')}\n`);
  writeFileSync(sessionKeyFile, key, { mode: 0o600 });
  return { host: '127.0.0.1', port: 0, tokenHashFile, sessionKeyFile, consoleDir };
}
