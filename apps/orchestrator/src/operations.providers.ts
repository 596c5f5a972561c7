import {
  ArchivedEvents,
  ImportParts,
  PostgresImportParts,
  PostgresRunCopies,
  PostgresRunLookup,
  RunCopies,
  RunLog,
  RunLookup,
  ServiceDatabase,
} from '@aet/persistence';
import { DrainSequence, ServiceIdentity } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import type { Provider } from '@nestjs/common';
import { AuditTrail } from './adapters/audit-trail.js';
import { OPERATION_METRICS, OperationMetrics } from './adapters/operation-metrics.js';
import { PostgresScheduleTable } from './adapters/postgres-schedule-table.js';
import { surroundings } from './adapters/surroundings.js';
import { BeginFromRun } from './application/begin-from-run.js';
import { CompareRuns } from './application/compare-runs.js';
import { ExportRun } from './application/export-run.js';
import { FireSchedules } from './application/fire-schedules.js';
import { ImportRun } from './application/import-run.js';
import { ManageSchedules } from './application/manage-schedules.js';
import { OperateRun } from './application/operate-run.js';
import { Payloads } from './application/payloads.js';
import { RecordReadiness } from './application/ports.js';
import { RunStore } from './application/run-store.js';
import { ScheduleTable } from './application/schedule-table.js';
import { SubmitRun } from './application/submit-run.js';
import { ScheduleTimer } from './transport/schedule.timer.js';

const now = (): Date => new Date();

/** What an operator does to runs. */
const runs: Provider[] = [
  {
    provide: RunCopies,
    inject: [ServiceDatabase, ArchivedEvents],
    useFactory: ({ pool }: ServiceDatabase, archive: ArchivedEvents) => new PostgresRunCopies(pool, archive),
  },
  { provide: ImportParts, inject: [ServiceDatabase], useFactory: ({ pool }: ServiceDatabase) => new PostgresImportParts(pool) },
  { provide: RunLookup, inject: [ServiceDatabase], useFactory: ({ pool }: ServiceDatabase) => new PostgresRunLookup(pool) },
  {
    provide: OperateRun,
    inject: [RunStore, AuditTrail, ServiceIdentity],
    useFactory: (store: RunStore, audit: AuditTrail, { cell }: ServiceIdentity) =>
      new OperateRun(store, audit, surroundings, cell),
  },
  {
    provide: BeginFromRun,
    inject: [RunLog, SubmitRun, AuditTrail],
    useFactory: (log: RunLog, submit: SubmitRun, audit: AuditTrail) => new BeginFromRun(log, submit, audit),
  },
  {
    provide: CompareRuns,
    inject: [RunStore, RunLog, SubmitRun, Payloads],
    useFactory: (store: RunStore, log: RunLog, submit: SubmitRun, payloads: Payloads) =>
      new CompareRuns(store, log, submit, payloads),
  },
  {
    provide: ExportRun,
    inject: [RunStore, RunCopies, Payloads],
    useFactory: (store: RunStore, copies: RunCopies, payloads: Payloads) => new ExportRun(store, copies, payloads, now),
  },
  {
    provide: ImportRun,
    inject: [ImportParts, RunCopies, Payloads, AuditTrail],
    useFactory: (parts: ImportParts, copies: RunCopies, payloads: Payloads, audit: AuditTrail) =>
      new ImportRun(parts, copies, payloads, audit, now),
  },
];

/** Between two looks at what is due: runs begin within a second of their time. Milliseconds. */
const LOOK_MS = 500;

/** Runs that begin by themselves. */
const schedules: Provider[] = [
  {
    provide: ScheduleTable,
    inject: [ServiceDatabase],
    useFactory: ({ pool }: ServiceDatabase) => new PostgresScheduleTable(pool),
  },
  {
    provide: ManageSchedules,
    inject: [ScheduleTable, SubmitRun, AuditTrail],
    useFactory: (table: ScheduleTable, submit: SubmitRun, audit: AuditTrail) => new ManageSchedules(table, submit, audit, now),
  },
  {
    provide: FireSchedules,
    inject: [ScheduleTable, SubmitRun, Log, OperationMetrics],
    useFactory: (table: ScheduleTable, submit: SubmitRun, log: Log, metrics: OperationMetrics) =>
      new FireSchedules(table, submit, now, log, metrics),
  },
  {
    provide: ScheduleTimer,
    inject: [FireSchedules, RecordReadiness, DrainSequence, Log],
    useFactory: (fire: FireSchedules, record: RecordReadiness, drain: DrainSequence, log: Log) =>
      new ScheduleTimer(fire, record, drain, LOOK_MS, log),
  },
];

export const OPERATION_PROVIDERS: Provider[] = [...OPERATION_METRICS, ...runs, ...schedules];
