import { ConfigSource } from '@aet/config';
import { ArchiveStore, FactCopy, PayloadStore } from '@aet/messaging';
import {
  ArchivedEvents,
  ArchiveKeeper,
  Archiver,
  createPool,
  LogPartitions,
  PayloadCleaner,
  Rebuilder,
  recordFigures,
  type ServiceDatabase,
  Verifier,
} from '@aet/persistence';
import { DrainSequence, HealthBoard, ServiceIdentity } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import type { Provider } from '@nestjs/common';
import { AuditTrail } from './adapters/audit-trail.js';
import { RECORD_METRICS, RecordMetrics } from './adapters/record-metrics.js';
import { KeepRecord } from './application/keep-record.js';
import { MaintainRecord } from './application/maintain-record.js';
import { RecordReadiness } from './application/ports.js';
import { RecordWatch } from './transport/record.watch.js';

/** What looks at the whole record has connections of its own: runs never wait for one. They are opened when they are needed. */
const CONNECTIONS = 5;
const RECORD_POOL = Symbol('connections for what looks at the whole record');

type Pool = ServiceDatabase['pool'];

export const RECORD_PROVIDERS: Provider[] = [
  ...RECORD_METRICS,
  { provide: ArchivedEvents, inject: [ArchiveStore], useFactory: (store: ArchiveStore) => new ArchivedEvents(store) },
  {
    provide: RECORD_POOL,
    inject: [ConfigSource, DrainSequence],
    useFactory: ({ config }: ConfigSource, drain: DrainSequence) => {
      const pool = createPool({ ...config.database, poolSize: CONNECTIONS }, { application: 'aet-orchestrator-record' });
      drain.on('finish', () => pool.end());
      return pool;
    },
  },
  {
    provide: Rebuilder,
    inject: [RECORD_POOL, ArchivedEvents, ServiceIdentity],
    useFactory: (pool: Pool, archive: ArchivedEvents, { cell }: ServiceIdentity) => new Rebuilder(pool, archive, cell),
  },
  {
    provide: KeepRecord,
    inject: [RECORD_POOL, Rebuilder, ArchivedEvents, ArchiveStore, FactCopy, AuditTrail, RecordMetrics, ServiceIdentity],
    useFactory: (
      pool: Pool,
      rebuilder: Rebuilder,
      archive: ArchivedEvents,
      store: ArchiveStore,
      facts: FactCopy,
      audit: AuditTrail,
      metrics: RecordMetrics,
      { cell }: ServiceIdentity,
    ) => {
      // Its memory of segments is its own: it forgets, to see what is stored.
      const verifier = new Verifier({ pool, archive: new ArchivedEvents(store), store, facts, cell });
      return new KeepRecord({ rebuilder, verifier, keeper: new ArchiveKeeper(pool, store, archive) }, audit, metrics);
    },
  },
  {
    provide: PayloadCleaner,
    inject: [RECORD_POOL, ArchivedEvents, PayloadStore],
    useFactory: (pool: Pool, archive: ArchivedEvents, store: PayloadStore) => new PayloadCleaner(pool, archive, store),
  },
  {
    provide: MaintainRecord,
    inject: [RECORD_POOL, Rebuilder, ArchiveStore, PayloadCleaner, ServiceIdentity, ConfigSource, RecordMetrics, Log],
    useFactory: (
      pool: Pool,
      rebuilder: Rebuilder,
      store: ArchiveStore,
      payloads: PayloadCleaner,
      { cell }: ServiceIdentity,
      { config }: ConfigSource,
      metrics: RecordMetrics,
      log: Log,
    ) => {
      const onDamaged = (runId: string, err: unknown): void =>
        log.error('a run is not archived, as its log is damaged', { runId, err });
      const archiver = new Archiver(pool, store, { cell, onDamaged });
      const parts = { partitions: new LogPartitions(pool), archiver, rebuilder, payloads, figures: () => recordFigures(pool) };
      return new MaintainRecord(parts, config.runs, metrics);
    },
  },
  {
    provide: RecordWatch,
    inject: [MaintainRecord, RecordReadiness, HealthBoard, DrainSequence, Log],
    useFactory: (maintain: MaintainRecord, record: RecordReadiness, health: HealthBoard, drain: DrainSequence, log: Log) =>
      new RecordWatch(maintain, record, health, drain, log),
  },
];
