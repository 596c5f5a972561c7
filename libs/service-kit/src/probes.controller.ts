import { ConfigSource } from '@aet/config';
import { NatsLink, NatsRpcServer, Outbox, PolicyRpcClient } from '@aet/messaging';
import { Log } from '@aet/telemetry';
import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { configSummary } from './config-summary.js';
import { HealthBoard } from './health-board.js';
import { InstanceSelf } from './instance-self.js';

/** For probes, people and the supervisor. None of the answers may be kept by a cache. */
@Controller()
export class ProbesController {
  constructor(
    private readonly board: HealthBoard,
    private readonly self: InstanceSelf,
    private readonly source: ConfigSource,
    private readonly link: NatsLink,
    private readonly calls: PolicyRpcClient,
    private readonly rpc: NatsRpcServer,
    private readonly outbox: Outbox,
    private readonly log: Log,
  ) {}

  /** Alive: the event loop turns. A supervisor restarts what does not answer. */
  @Get('health')
  health(@Res({ passthrough: true }) reply: FastifyReply): object {
    void reply.header('cache-control', 'no-store');
    return { status: 'alive', instance: this.self.record().instance };
  }

  /** Takes work: 200; else 503 with the reasons. */
  @Get('ready')
  ready(@Res({ passthrough: true }) reply: FastifyReply): object {
    const { ready, problems } = this.board;
    void reply.header('cache-control', 'no-store').code(ready ? 200 : 503);
    return { ready, problems };
  }

  @Get('status')
  status(@Res({ passthrough: true }) reply: FastifyReply): object {
    void reply.header('cache-control', 'no-store');
    const record = this.self.record();
    return {
      ...record,
      status: record.health,
      problems: this.board.problems,
      uptimeSeconds: Math.round(process.uptime() * 10) / 10,
      versions: { aet: record.version, node: process.versions.node, natsServer: this.link.serverVersion },
      nats: this.link.status,
      link: { server: this.link.server, ...this.link.counts },
      ...(this.outbox.status === undefined ? {} : { outbox: this.outbox.status }),
      logLevel: this.log.level,
      calls: this.calls.status(),
      methods: this.rpc.load,
      config: configSummary(this.source.config),
    };
  }
}
