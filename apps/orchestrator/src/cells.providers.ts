import { Payloads } from './application/payloads.js';
import { ConfigSource } from '@aet/config';
import { CellCopies, JetStreamCellCopies, NatsLink, RpcClient, StopNotices, WorkQueue } from '@aet/messaging';
import { AdoptionRecord, PostgresAdoptionRecord, Relay, ServiceDatabase } from '@aet/persistence';
import { EventVersions } from '@aet/runs';
import { DrainSequence, HealthBoard, ServiceIdentity } from '@aet/service-kit';
import { Log } from '@aet/telemetry';
import type { Provider } from '@nestjs/common';
import { AuditTrail } from './adapters/audit-trail.js';
import { CELL_METRICS } from './adapters/cell-metrics.js';
import { RpcOtherCells } from './adapters/other-cells.js';
import { surroundings } from './adapters/surroundings.js';
import { WorkWithdrawal } from './adapters/work-withdrawal.js';
import { AdoptCell } from './application/adopt-cell.js';
import { CellFigures, KeptPayloads, OtherCells, WorkStopper } from './application/cell-ports.js';
import { QueryCells } from './application/query-cells.js';
import { RefuseStale } from './application/refuse-stale.js';
import { CellsWatch } from './transport/cells.watch.js';

const ports: Provider[] = [
  {
    provide: CellCopies,
    inject: [NatsLink, ServiceIdentity, ConfigSource],
    useFactory: (link: NatsLink, { namespace, cell }: ServiceIdentity, { config }: ConfigSource) =>
      new JetStreamCellCopies(link, { namespace, cell, peers: config.cell.peers }),
  },
  {
    provide: OtherCells,
    inject: [RpcClient, CellCopies, ServiceIdentity],
    useFactory: (rpc: RpcClient, copies: CellCopies, { cell }: ServiceIdentity) => new RpcOtherCells(rpc, copies, cell),
  },
  {
    provide: AdoptionRecord,
    inject: [ServiceDatabase, ServiceIdentity, EventVersions],
    useFactory: ({ pool }: ServiceDatabase, { cell }: ServiceIdentity, versions: EventVersions) =>
      new PostgresAdoptionRecord(pool, cell, versions),
  },
  { provide: KeptPayloads, useExisting: Payloads },
  {
    provide: WorkStopper,
    inject: [WorkQueue, StopNotices, ServiceIdentity, Log],
    useFactory: (queue: WorkQueue, stops: StopNotices, { cell }: ServiceIdentity, log: Log) =>
      new WorkWithdrawal(queue, stops, cell, log),
  },
];

const useCases: Provider[] = [
  {
    provide: QueryCells,
    inject: [CellCopies, OtherCells, AdoptionRecord, ServiceIdentity],
    useFactory: (copies: CellCopies, others: OtherCells, record: AdoptionRecord, { cell }: ServiceIdentity) =>
      new QueryCells(copies, others, record, cell),
  },
  {
    provide: AdoptCell,
    inject: [CellCopies, AdoptionRecord, OtherCells, KeptPayloads, CellFigures, AuditTrail, EventVersions, ServiceIdentity],
    useFactory: (
      copies: CellCopies,
      record: AdoptionRecord,
      cells: OtherCells,
      payloads: KeptPayloads,
      figures: CellFigures,
      audit: AuditTrail,
      versions: EventVersions,
      { cell }: ServiceIdentity,
    ) => new AdoptCell({ copies, record, cells, payloads, figures, audit }, surroundings, versions, cell),
  },
  {
    provide: RefuseStale,
    inject: [CellCopies, AdoptionRecord, CellFigures, WorkStopper, Relay, ServiceIdentity],
    useFactory: (
      copies: CellCopies,
      record: AdoptionRecord,
      figures: CellFigures,
      work: WorkStopper,
      relay: Relay,
      { cell }: ServiceIdentity,
    ) => new RefuseStale({ copies, record, figures, work, ownerChanged: (runId) => relay.ownerChanged(runId) }, cell),
  },
];

export const CELL_PROVIDERS: Provider[] = [
  ...CELL_METRICS,
  ...ports,
  ...useCases,
  {
    provide: CellsWatch,
    inject: [CellCopies, OtherCells, AdoptionRecord, RefuseStale, CellFigures, ServiceDatabase, HealthBoard, DrainSequence, Log],
    useFactory: (
      copies: CellCopies,
      cells: OtherCells,
      record: AdoptionRecord,
      stale: RefuseStale,
      figures: CellFigures,
      database: ServiceDatabase,
      health: HealthBoard,
      drain: DrainSequence,
      log: Log,
    ) => new CellsWatch({ copies, cells, record, stale, figures }, database, health, drain, log),
  },
];
