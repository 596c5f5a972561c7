import type { ConfigSource } from '@aet/config';
import { InternalError } from '@aet/contracts';
import {
  attachRpcServer,
  EventBus,
  Leases,
  type NatsLink,
  NatsRpcServer,
  type Outbox,
  type PolicyRpcClient,
  RpcClient,
} from '@aet/messaging';
import { NestLogger, type PinoLog, type StopTracing } from '@aet/telemetry';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { bindHttp } from './bind-http.js';
import { CpuMeter } from './cpu-meter.js';
import { type DrainStage, OrderedDrain } from './drain.js';
import { ErrorReporter } from './error-reporter.js';
import { LiveHealthBoard, LiveWorkLoad } from './health-board.js';
import { HealthReporter } from './health-reporter.js';
import { httpAdapter } from './http-server.js';
import { LiveInstanceCard } from './instance-card.js';
import { InstanceLease } from './instance-lease.js';
import { InstanceSelf } from './instance-self.js';
import { messagingProviders } from './messaging-parts.js';
import { openOutbox } from './open-outbox.js';
import { policedCalls } from './policed-calls.js';
import { RegistryPorts } from './registry-ports.js';
import { RequestsInHand } from './requests-in-hand.js';
import type { ServiceDefinition } from './service-definition.js';
import type { ServiceIdentity } from './service-identity.js';
import { ServiceKitModule } from './service-kit.module.js';

export interface ShellParts {
  definition: ServiceDefinition;
  source: ConfigSource;
  identity: ServiceIdentity;
  log: PinoLog;
  link: NatsLink;
  stopTracing: StopTracing;
  /** The service cannot go on: its process must end. */
  onFatal: (error: Error) => void;
}

/** One instance of a service, from its connection to its end. Started once, stopped once. */
export class ServiceShell {
  readonly board = new LiveHealthBoard();
  readonly drain = new OrderedDrain();
  private readonly inHand = new RequestsInHand();
  private readonly self: InstanceSelf;
  private readonly calls: PolicyRpcClient;
  private readonly rpc: NatsRpcServer;
  private application: NestFastifyApplication | undefined;
  private address: string | undefined;
  private lease: InstanceLease | undefined;
  private health: HealthReporter | undefined;
  private errors: ErrorReporter | undefined;
  private outbox: Outbox | undefined;

  private constructor(
    private readonly parts: ShellParts,
    private readonly load = new LiveWorkLoad(),
    private readonly card = new LiveInstanceCard(parts.source.config.host.labels),
  ) {
    const { identity, link, source, log } = parts;
    this.calls = policedCalls(link, source.config, log, () => this.tell());
    this.self = new InstanceSelf({
      identity,
      board: this.board,
      load,
      card,
      cpu: new CpuMeter(),
      openBreakers: () => this.calls.openBreakers(),
      url: () => this.address,
    });
    this.rpc = new NatsRpcServer(link, identity, { shed: source.config.resilience.shed });
    this.followLink();
  }

  /** Resolves when the service answers, has its lease and is ready. On a failure everything that was opened is closed again. */
  static async start(parts: ShellParts): Promise<ServiceShell> {
    const shell = new ServiceShell(parts);
    try {
      await shell.open();
      return shell;
    } catch (error) {
      await shell.stop();
      throw error;
    }
  }

  get app(): NestFastifyApplication {
    if (this.application === undefined) throw new InternalError('the service has no application before it was started');
    return this.application;
  }
  get url(): string | undefined {
    return this.address;
  }

  /** Drains in the order of `DrainSequence`. Never rejects; what fails on the way is logged. */
  stop(): Promise<void> {
    return this.drain.run(
      {
        before: [this.readinessOff()],
        between: [this.requestsFinish()],
        after: [this.leaseEnds(), this.applicationCloses(), this.connectionDrains()],
      },
      (stage, error) => this.parts.log.warn(`draining: ${stage} failed`, { err: error }),
    );
  }

  /** Waits for error reports that are on their way, before a process ends in a hurry. */
  async flush(limitMs: number): Promise<void> {
    await this.errors?.flush(limitMs);
  }

  private async open(): Promise<void> {
    const app = await this.createApplication();
    const bus = app.get(EventBus);
    const errors = new ErrorReporter(bus, this.parts.identity, this.parts.log);
    this.errors = errors;
    this.parts.log.onError((error) => errors.tell(error));
    await app.init();
    await this.listen(app);
    await app.startAllMicroservices();
    this.board.started();
    await this.announce(app, bus);
  }

  private async createApplication(): Promise<NestFastifyApplication> {
    const { definition, source, identity, log, link } = this.parts;
    const outbox = await openOutbox({ definition, identity, link, log, config: source.config, board: this.board });
    this.outbox = outbox;
    const messaging = [
      ...messagingProviders(link, identity, source.config, this.calls, outbox),
      { provide: NatsRpcServer, useValue: this.rpc },
    ];
    const { board, drain, load, card, self } = this;
    const root = ServiceKitModule.with({
      log,
      source,
      identity,
      board,
      drain,
      load,
      card,
      self,
      messaging,
      service: definition.module,
    });
    const app = await NestFactory.create<NestFastifyApplication>(root, httpAdapter(this.drain, this.inHand, log), {
      logger: new NestLogger(log),
      abortOnError: false,
    });
    this.application = app;
    await definition.configure?.(app);
    attachRpcServer(app, this.rpc);
    return app;
  }

  private async listen(app: NestFastifyApplication): Promise<void> {
    const { definition, source, identity, log } = this.parts;
    const { host, port } = definition.http?.(source.config) ?? source.config.http;
    const fastify = app.getHttpAdapter().getInstance();
    const bound = await bindHttp({
      instance: identity.instance,
      host: identity.host,
      port,
      pool: definition.pool ?? 'service',
      ports: definition.ports?.(app) ?? new RegistryPorts(app.get(RpcClient), identity.cell),
      log,
      listen: async (wanted) => Number(new URL(await fastify.listen({ port: wanted, host })).port),
    });
    this.card.setPort('http', bound);
    this.address = `http://${reachable(host)}:${bound}`;
  }

  private async announce(app: NestFastifyApplication, bus: EventBus): Promise<void> {
    const { source, log, onFatal } = this.parts;
    const health = new HealthReporter(bus, () => this.self.report(), log);
    this.health = health;
    this.lease = await InstanceLease.hold({
      leases: app.get<Leases<ReturnType<InstanceSelf['record']>>>(Leases),
      record: () => this.self.record(),
      options: source.config.lease,
      board: this.board,
      log,
      onLost: onFatal,
    });
    health.tell();
    this.board.onChange(() => this.tell());
  }

  /** What this instance says of itself has changed: hubs and the registry learn it now. */
  private tell(): void {
    this.health?.tell();
    void this.lease?.refresh();
  }

  private followLink(): void {
    const { link, onFatal } = this.parts;
    link.onStatus((status) => {
      if (status === 'connected') this.board.clear('nats');
      else if (status === 'reconnecting')
        this.board.report('nats', 'the connection to NATS is down; reconnecting', { unready: true });
      else if (!this.drain.draining)
        onFatal(new InternalError('NATS closed the connection for good: its server no longer takes these credentials'));
    });
  }

  private readinessOff(): DrainStage {
    return {
      name: 'readiness off',
      run: async () => {
        this.board.drain();
        await this.lease?.refresh();
      },
    };
  }

  private requestsFinish(): DrainStage {
    const limitMs = this.parts.source.config.work.drainMs;
    return { name: 'requests in hand', run: async () => void (await Promise.all([this.rpc.drain(), this.inHand.idle(limitMs)])) };
  }

  private leaseEnds(): DrainStage {
    return { name: 'lease', run: async () => void (await Promise.all([this.lease?.release(), this.health?.stop()])) };
  }

  private applicationCloses(): DrainStage {
    return { name: 'application', run: async () => this.application?.close() };
  }

  private connectionDrains(): DrainStage {
    return {
      name: 'connection',
      run: async () => {
        await this.errors?.flush(500);
        await this.outbox?.close();
        await Promise.all([this.parts.link.drain(), this.parts.stopTracing()]);
      },
    };
  }
}

/** A wildcard is no address to call. */
const reachable = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
