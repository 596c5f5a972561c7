import { ConfigSource } from '@aet/config';
import { type AetError, rateLimitOf } from '@aet/contracts';
import {
  DeadLetters,
  EventBus,
  QueueControl,
  QueueInspector,
  RpcClient,
  StopNotices,
  WorkConsumers,
  WorkQueue,
} from '@aet/messaging';
import {
  ArchivedEvents,
  PostgresDispatchTable,
  PostgresFactCursor,
  PostgresRunList,
  PostgresRunLog,
  Relay,
  RUN_LOG_MIGRATIONS,
  RUN_LOG_SCHEMA,
  RunList,
  RunLog,
  ServiceDatabase,
} from '@aet/persistence';
import { EVENT_VERSIONS, EventVersions } from '@aet/runs';
import { DrainSequence, HealthBoard, ServiceIdentity } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import { Module, type Provider } from '@nestjs/common';
import { AuditTrail } from './adapters/audit-trail.js';
import { OperationMetrics } from './adapters/operation-metrics.js';
import { ORCHESTRATOR_METRICS } from './adapters/orchestrator-metrics.js';
import { QUEUE_METRICS, QueueMetrics } from './adapters/queue-metrics.js';
import { RELAY_OBSERVER, RelayObserver } from './adapters/relay-observer.js';
import { RunPublisher } from './adapters/run-publisher.js';
import { RegistryHosts } from './adapters/registry-hosts.js';
import { surroundings } from './adapters/surroundings.js';
import { UNSUPPORTED_RUNS, UnsupportedRuns } from './adapters/unsupported-runs.js';
import { WorkflowFiles } from './adapters/workflow-files.js';
import { ApplyResults } from './application/apply-results.js';
import { ExpireRuns } from './application/expire-runs.js';
import { FailAttempt } from './application/fail-attempt.js';
import { ManageDeadLetters } from './application/manage-dead-letters.js';
import { ManageQueue } from './application/manage-queue.js';
import { RecordReadiness, RunMetrics, WorkflowCatalog } from './application/ports.js';
import { QueryRun } from './application/query-run.js';
import { Payloads } from './application/payloads.js';
import { RunStore } from './application/run-store.js';
import { SubmitRun } from './application/submit-run.js';
import { WorkRoom } from './application/work-room.js';
import { APPROVAL_PROVIDERS } from './approvals.providers.js';
import { CELL_PROVIDERS } from './cells.providers.js';
import { EFFECT_PROVIDERS } from './effects.providers.js';
import { OPERATION_PROVIDERS } from './operations.providers.js';
import { PAYLOAD_PROVIDERS } from './payloads.providers.js';
import { RUN_DUTY_PROVIDERS } from './run-duties.providers.js';
import { ApprovalsController } from './transport/approvals.controller.js';
import { CellsController } from './transport/cells.controller.js';
import { CellsWatch } from './transport/cells.watch.js';
import { RESULT_CACHE_PROVIDERS } from './result-cache.providers.js';
import { ResultCacheController } from './transport/result-cache.controller.js';
import { BATCH_PROVIDERS } from './batches.providers.js';
import { BatchesController } from './transport/batches.controller.js';
import { EffectsController } from './transport/effects.controller.js';
import { RECORD_PROVIDERS } from './record.providers.js';
import { QueueController } from './transport/queue.controller.js';
import { QueueWatch } from './transport/queue.watch.js';
import { RecordController } from './transport/record.controller.js';
import { RunController } from './transport/run.controller.js';
import { RunOperationsController } from './transport/run-operations.controller.js';
import { SchedulesController } from './transport/schedules.controller.js';
import { TaskResultConsumer } from './transport/task-result.consumer.js';

const RUN_TABLES = { schema: RUN_LOG_SCHEMA, migrations: RUN_LOG_MIGRATIONS, owner: 'orchestrator' };

const database: Provider[] = [
  {
    provide: ServiceDatabase,
    inject: [ConfigSource, HealthBoard, DrainSequence],
    useFactory: ({ config }: ConfigSource, health: HealthBoard, drain: DrainSequence) => {
      const opened = new ServiceDatabase(config.database, RUN_TABLES, {
        unusable: (reason) => health.report('database', reason, { unready: true }),
        usable: () => health.clear('database'),
      });
      drain.on('stop-intake', () => Promise.resolve(opened.abandon()));
      opened.start();
      return opened;
    },
  },
  // Ready means: the tables are there, and what is in them is this cell's.
  { provide: RecordReadiness, useExisting: CellsWatch },
  {
    provide: PostgresRunLog,
    inject: [ServiceDatabase, ConfigSource, ServiceIdentity, EventVersions, ArchivedEvents, Log],
    useFactory: (
      opened: ServiceDatabase,
      { config }: ConfigSource,
      { cell }: ServiceIdentity,
      versions: EventVersions,
      archive: ArchivedEvents,
      log: Log,
    ) => {
      const { groupCommitMs, groupCommitMax } = config.runs;
      const onListenerError = (error: unknown) => log.error('a listener of the run log failed', { err: error });
      return new PostgresRunLog(opened.pool, { groupCommitMs, groupCommitMax, onListenerError, cell, versions, archive });
    },
  },
  { provide: RunLog, useExisting: PostgresRunLog },
  { provide: RunList, inject: [ServiceDatabase], useFactory: ({ pool }: ServiceDatabase) => new PostgresRunList(pool) },
];

const useCases: Provider[] = [
  {
    provide: RunStore,
    inject: [RunLog, RunMetrics, UnsupportedRuns, Payloads],
    useFactory: (log: RunLog, metrics: RunMetrics, unsupported: UnsupportedRuns, payloads: Payloads) =>
      new RunStore(log, metrics, unsupported.noted, payloads),
  },
  {
    provide: WorkflowCatalog,
    inject: [ConfigSource, HealthBoard],
    useFactory: ({ config }: ConfigSource, health: HealthBoard) => {
      const files = new WorkflowFiles(config.runs.workflowDirs, (problems) => reportWorkflows(health, problems));
      // An invalid file is told at the start, not when someone needs it.
      void files.list();
      return files;
    },
  },
  {
    provide: SubmitRun,
    inject: [RunStore, RunList, WorkflowCatalog, ServiceIdentity, WorkRoom, QueueMetrics],
    useFactory: (
      store: RunStore,
      list: RunList,
      catalog: WorkflowCatalog,
      { cell }: ServiceIdentity,
      room: WorkRoom,
      metrics: QueueMetrics,
    ) => new SubmitRun(store, list, catalog, surroundings, cell, metrics.counting(room)),
  },
  {
    provide: ApplyResults,
    inject: [RunStore, RunMetrics, Log],
    useFactory: (store: RunStore, metrics: RunMetrics, log: Log) => new ApplyResults(store, metrics, surroundings, log),
  },
  {
    provide: FailAttempt,
    inject: [RunStore, ServiceIdentity],
    useFactory: (store: RunStore, { cell, host, instance, service }: ServiceIdentity) =>
      new FailAttempt(store, surroundings, { cell, host, instance, agent: service }),
  },
  {
    provide: QueryRun,
    inject: [RunStore, RunLog, RunList, ServiceIdentity, RpcClient],
    useFactory: (store: RunStore, log: RunLog, list: RunList, { cell }: ServiceIdentity, rpc: RpcClient) =>
      new QueryRun(store, log, list, cell, new RegistryHosts(rpc, cell)),
  },
  {
    provide: ExpireRuns,
    inject: [RunStore, RunList],
    useFactory: (store: RunStore, list: RunList) => new ExpireRuns(store, list, surroundings),
  },
];

const publishing: Provider[] = [
  ...RELAY_OBSERVER,
  {
    provide: Relay,
    inject: [ServiceDatabase, RunLog, WorkQueue, EventBus, StopNotices, ServiceIdentity, RelayObserver],
    useFactory: (
      { pool }: ServiceDatabase,
      log: RunLog,
      queue: WorkQueue,
      bus: EventBus,
      stops: StopNotices,
      { namespace }: ServiceIdentity,
      listener: RelayObserver,
    ) => {
      const table = new PostgresDispatchTable(pool);
      return new Relay({ log, table, cursor: new PostgresFactCursor(pool), queue, bus, stops }, { namespace, listener });
    },
  },
  {
    provide: RunPublisher,
    inject: [Relay, ServiceDatabase, RecordReadiness, PostgresRunLog, RelayObserver, ConfigSource, DrainSequence],
    useFactory: (
      relay: Relay,
      opened: ServiceDatabase,
      record: RecordReadiness,
      log: PostgresRunLog,
      observer: RelayObserver,
      { config }: ConfigSource,
      drain: DrainSequence,
    ) => {
      const publisher = new RunPublisher(relay, record, observer, config.runs.sweepMs);
      drain.on('stop-intake', () => publisher.stopSweeping());
      // In this order: each uses the next one.
      drain.on('finish', async () => {
        await publisher.stop();
        await log.close();
        await opened.stop();
      });
      return publisher;
    },
  },
];

const intake: Provider[] = [
  {
    provide: TaskResultConsumer,
    inject: [WorkConsumers, ApplyResults, RecordReadiness, HealthBoard, DrainSequence, ConfigSource],
    useFactory: (
      consumers: WorkConsumers,
      results: ApplyResults,
      record: RecordReadiness,
      health: HealthBoard,
      drain: DrainSequence,
      { config }: ConfigSource,
    ) => new TaskResultConsumer(consumers, results, record, health, drain, config.work.drainMs),
  },
];

const operating: Provider[] = [
  ...QUEUE_METRICS,
  WorkRoom,
  {
    provide: QueueWatch,
    inject: [QueueInspector, QueueControl, QueueMetrics, WorkRoom, HealthBoard, DrainSequence, Log],
    useFactory: (
      inspector: QueueInspector,
      control: QueueControl,
      metrics: QueueMetrics,
      room: WorkRoom,
      health: HealthBoard,
      drain: DrainSequence,
      log: Log,
    ) => new QueueWatch({ inspector, control, figures: metrics }, room, health, drain, log),
  },
  {
    provide: AuditTrail,
    inject: [EventBus, ServiceIdentity, OperationMetrics],
    useFactory: (bus: EventBus, { namespace, cell }: ServiceIdentity, metrics: OperationMetrics) =>
      new AuditTrail(bus, { namespace, cell }, metrics.act),
  },
  {
    provide: ManageQueue,
    inject: [QueueControl, QueueInspector, ServiceIdentity, ConfigSource, AuditTrail],
    useFactory: (
      control: QueueControl,
      inspector: QueueInspector,
      { cell }: ServiceIdentity,
      { config }: ConfigSource,
      audit: AuditTrail,
    ) => {
      const rates = Object.entries(config.work.rates).map(([name, rate]) => [name, rateLimitOf(rate)] as const);
      return new ManageQueue(control, inspector, cell, Object.fromEntries(rates), audit, () => new Date());
    },
  },
  {
    provide: ManageDeadLetters,
    inject: [DeadLetters, RunStore, AuditTrail, ServiceIdentity],
    useFactory: (letters: DeadLetters, store: RunStore, audit: AuditTrail, { cell, host, instance, service }: ServiceIdentity) =>
      new ManageDeadLetters(letters, store, audit, surroundings, { cell, host, instance, agent: service }),
  },
];

function reportWorkflows(health: HealthBoard, problems: readonly AetError[]): void {
  if (problems.length === 0) health.clear('workflows');
  else health.report('workflows', problems.map(({ message }) => message).join('\n'));
}

@Module({
  controllers: [
    RunController,
    RunOperationsController,
    SchedulesController,
    ApprovalsController,
    QueueController,
    EffectsController,
    ResultCacheController,
    BatchesController,
    CellsController,
    RecordController,
  ],
  providers: [
    ...ORCHESTRATOR_METRICS,
    ...UNSUPPORTED_RUNS,
    { provide: EventVersions, useValue: EVENT_VERSIONS },
    ...database,
    ...PAYLOAD_PROVIDERS,
    ...useCases,
    ...publishing,
    ...intake,
    ...operating,
    ...RUN_DUTY_PROVIDERS,
    ...APPROVAL_PROVIDERS,
    ...CELL_PROVIDERS,
    ...EFFECT_PROVIDERS,
    ...RESULT_CACHE_PROVIDERS,
    ...BATCH_PROVIDERS,
    ...OPERATION_PROVIDERS,
    ...RECORD_PROVIDERS,
  ],
})
export class OrchestratorModule {}
