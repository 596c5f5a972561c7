import { ConfigSource } from '@aet/config';
import { Bucket, isPlacedAt, rateLimitOf } from '@aet/contracts';
import {
  builtinSkills,
  type Executor,
  executorsOf,
  readAgentFiles,
  ResultRecall,
  Roster,
  WorkspaceFolders,
} from '@aet/executors';
import {
  ArtifactStore,
  CellAdmission,
  EventBus,
  KeyValueStores,
  Outbox,
  PayloadStore,
  type QueueEntry,
  RpcClient,
  StopNotices,
  WorkConsumers,
  WorkQueue,
} from '@aet/messaging';
import { DrainSequence, HealthBoard, InstanceCard, ServiceIdentity, WorkLoad } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import { Module } from '@nestjs/common';
import { availableParallelism } from 'node:os';
import { AGENT_METRICS, AgentMetrics } from './adapters/agent-metrics.js';
import { FleetBatches } from './adapters/fleet-batches.js';
import { FleetEffects } from './adapters/fleet-effects.js';
import { FleetServices } from './adapters/fleet-services.js';
import { LightResults } from './adapters/light-results.js';
import { RunOwner } from './adapters/run-owner.js';
import { WholeInputExecutor } from './adapters/whole-input.executor.js';
import { AttemptsInHand } from './application/attempts-in-hand.js';
import { EndUnwanted } from './application/end-unwanted.js';
import { PerformTask } from './application/perform-task.js';
import { isSettled } from './application/settled-task.js';
import { slotsOf } from './domain/slots.js';
import { BATCH_PROVIDERS } from './batches.providers.js';
import { RECALL_PROVIDERS } from './recall.providers.js';
import { AgentController } from './transport/agent.controller.js';
import { AttemptWatch } from './transport/attempt.watch.js';
import { TaskConsumer } from './transport/task.consumer.js';

function executors({ config }: ConfigSource, store: PayloadStore): ReadonlyMap<string, Executor> {
  const found = executorsOf({
    skills: builtinSkills(),
    environment: process.env,
    anthropic: config.models.anthropic,
    prices: config.models.prices,
  });
  return new Map([...found].map(([name, executor]) => [name, new WholeInputExecutor(executor, store)]));
}

function readRoster({ config }: ConfigSource, health: HealthBoard, card: InstanceCard): Roster {
  const { agents, invalid } = readAgentFiles(config.agents.dirs);
  if (invalid.length > 0) health.report('agents', `left out: ${invalid.join('; ')}`);
  const roster = new Roster(agents, config.agents.only);
  card.setCapabilities(roster.capabilities);
  return roster;
}

@Module({
  controllers: [AgentController],
  providers: [
    ...AGENT_METRICS,
    ...RECALL_PROVIDERS,
    ...BATCH_PROVIDERS,
    { provide: Roster, inject: [ConfigSource, HealthBoard, InstanceCard], useFactory: readRoster },
    {
      provide: WorkspaceFolders,
      inject: [ConfigSource, ServiceIdentity],
      useFactory: ({ config }: ConfigSource, { instance }: ServiceIdentity) =>
        new WorkspaceFolders(config.agents.workDir, instance),
    },
    {
      provide: RunOwner,
      inject: [RpcClient, WorkQueue, EventBus, Outbox],
      useFactory: (rpc: RpcClient, queue: WorkQueue, bus: EventBus, outbox: Outbox) => new RunOwner(rpc, queue, bus, outbox),
    },
    { provide: AttemptsInHand, useFactory: () => new AttemptsInHand() },
    {
      provide: AttemptWatch,
      inject: [StopNotices, AttemptsInHand, RunOwner, DrainSequence, Log],
      useFactory: (notices: StopNotices, attempts: AttemptsInHand, owner: RunOwner, drain: DrainSequence, log: Log) =>
        new AttemptWatch(notices, attempts, new EndUnwanted(attempts, owner), drain, log.for('AttemptWatch')),
    },
    {
      provide: PerformTask,
      inject: [
        ConfigSource,
        ServiceIdentity,
        Roster,
        RpcClient,
        ArtifactStore,
        PayloadStore,
        RunOwner,
        WorkspaceFolders,
        AttemptsInHand,
        ResultRecall,
        FleetBatches,
        AgentMetrics,
      ],
      useFactory: (
        source: ConfigSource,
        { cell, host, instance }: ServiceIdentity,
        roster: Roster,
        rpc: RpcClient,
        artifacts: ArtifactStore,
        payloads: PayloadStore,
        owner: RunOwner,
        workspaces: WorkspaceFolders,
        attempts: AttemptsInHand,
        recall: ResultRecall,
        batches: FleetBatches,
        metrics: AgentMetrics,
      ) =>
        new PerformTask(
          { cell, host, instance },
          {
            roster,
            executors: executors(source, payloads),
            services: new FleetServices(rpc, artifacts, new FleetEffects(rpc, { cell, host, instance }), batches),
            results: new LightResults(owner, payloads, cell),
            progress: owner,
            inquiry: owner,
            workspaces,
            attempts,
            joined: source.config.cell.peers.length > 0,
            recall,
            metrics,
          },
        ),
    },
    {
      provide: CellAdmission,
      inject: [ConfigSource, KeyValueStores, RunOwner, AgentMetrics],
      useFactory: ({ config }: ConfigSource, stores: KeyValueStores, owner: RunOwner, metrics: AgentMetrics) =>
        new CellAdmission({
          store: stores.open<QueueEntry>(Bucket.Queue),
          rates: Object.fromEntries(Object.entries(config.work.rates).map(([name, rate]) => [name, rateLimitOf(rate)])),
          settled: (task) => isSettled(owner, task),
          isPlacedHere: (placement) => isPlacedAt(placement, { host: config.host.name, labels: config.host.labels }),
          onHeldBack: (task, why) => metrics.heldBack(task, why),
        }),
    },
    {
      provide: TaskConsumer,
      inject: [
        ConfigSource,
        Roster,
        WorkConsumers,
        PerformTask,
        WorkspaceFolders,
        CellAdmission,
        HealthBoard,
        WorkLoad,
        DrainSequence,
        Log,
      ],
      useFactory: (
        { config }: ConfigSource,
        { capabilities }: Roster,
        consumers: WorkConsumers,
        performer: PerformTask,
        folders: WorkspaceFolders,
        admission: CellAdmission,
        health: HealthBoard,
        load: WorkLoad,
        drain: DrainSequence,
        log: Log,
      ) => {
        const slots = slotsOf(config.work.slots, availableParallelism());
        const intake = {
          cell: config.cell.name,
          capabilities,
          slots,
          admission,
          drainMs: config.work.drainMs,
          onDrained: async () => {
            await admission[Symbol.asyncDispose]();
            await folders.removeAll();
          },
        };
        return new TaskConsumer(consumers, performer, intake, health, load, drain, log.for('TaskConsumer'));
      },
    },
  ],
})
export class AgentModule {}
