import { randomBytes } from 'node:crypto';
import { ConfigSource } from '@aet/config';
import { EventBus, PayloadStore, RpcClient } from '@aet/messaging';
import { DrainSequence, HealthBoard, ServiceIdentity } from '@aet/service-kit';
import { Module, type OnModuleInit } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { readAccessSecrets } from './adapters/access-secrets.js';
import { ConsoleFiles } from './adapters/console-files.js';
import { Access } from './application/access.js';
import { ConsolePages } from './application/console-pages.js';
import { FollowRun } from './application/follow-run.js';
import { LargeInputs } from './application/large-inputs.js';
import { AccessGuard } from './transport/access.guard.js';
import { ApprovalsController } from './transport/approvals.controller.js';
import { ArtifactsController } from './transport/artifacts.controller.js';
import { BatchesController } from './transport/batches.controller.js';
import { ConsoleSessionsController } from './transport/console-sessions.controller.js';
import { ConsoleController } from './transport/console.controller.js';
import { CellsController } from './transport/cells.controller.js';
import { EffectsController } from './transport/effects.controller.js';
import { ErrorFilter } from './transport/error.filter.js';
import { EventStreams } from './transport/event-streams.js';
import { FleetController } from './transport/fleet.controller.js';
import { KnowledgeController } from './transport/knowledge.controller.js';
import { OpenApiController } from './transport/openapi/openapi.controller.js';
import { PayloadsController } from './transport/payloads.controller.js';
import { QueueController } from './transport/queue.controller.js';
import { RunCopiesController } from './transport/run-copies.controller.js';
import { ResultCacheController } from './transport/result-cache.controller.js';
import { RecordController } from './transport/record.controller.js';
import { RunEventsController } from './transport/run-events.controller.js';
import { RunOperationsController } from './transport/run-operations.controller.js';
import { RunsController } from './transport/runs.controller.js';
import { SchedulesController } from './transport/schedules.controller.js';

const clock = { now: Date.now, nonce: (): string => randomBytes(16).toString('base64url') };

@Module({
  controllers: [
    RunsController,
    RunEventsController,
    RunOperationsController,
    RunCopiesController,
    SchedulesController,
    ArtifactsController,
    PayloadsController,
    FleetController,
    KnowledgeController,
    QueueController,
    EffectsController,
    ApprovalsController,
    RecordController,
    CellsController,
    ResultCacheController,
    BatchesController,
    ConsoleSessionsController,
    ConsoleController,
    OpenApiController,
  ],
  providers: [
    EventStreams,
    {
      provide: Access,
      useFactory: (source: ConfigSource) => new Access(readAccessSecrets(source.config.gateway), clock),
      inject: [ConfigSource],
    },
    {
      provide: ConsolePages,
      useFactory: (source: ConfigSource) => new ConsoleFiles(source.config.gateway.consoleDir),
      inject: [ConfigSource],
    },
    {
      provide: FollowRun,
      useFactory: (rpc: RpcClient, bus: EventBus) => new FollowRun(rpc, bus),
      inject: [RpcClient, EventBus],
    },
    {
      provide: LargeInputs,
      useFactory: (store: PayloadStore, { cell }: ServiceIdentity) => new LargeInputs(store, cell),
      inject: [PayloadStore, ServiceIdentity],
    },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_FILTER, useClass: ErrorFilter },
  ],
})
export class GatewayModule implements OnModuleInit {
  constructor(
    private readonly drain: DrainSequence,
    private readonly health: HealthBoard,
    private readonly streams: EventStreams,
    private readonly files: ConsolePages,
  ) {}

  onModuleInit(): void {
    // Streams have no end of their own; their readers come back to another instance with the id of the last event that they saw.
    this.drain.on('stop-intake', () => this.streams.endAll());
    if (!this.files.present) this.health.report('console', 'gateway.consoleDir holds no built console: run `npm run build`');
  }
}
