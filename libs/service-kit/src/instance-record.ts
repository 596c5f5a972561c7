import type { HealthReport, InstanceRecord } from '@aet/contracts';
import type { CpuMeter } from './cpu-meter.js';
import type { LiveHealthBoard, LiveWorkLoad } from './health-board.js';
import type { InstanceCard } from './instance-card.js';
import type { ServiceIdentity } from './service-identity.js';

export interface RecordParts {
  identity: ServiceIdentity;
  board: LiveHealthBoard;
  load: LiveWorkLoad;
  card: InstanceCard;
  cpu: CpuMeter;
  /** Targets that are left alone at present. */
  openBreakers: () => string[];
  /** Known after the HTTP server listens. */
  url: () => string | undefined;
}

/** The record as of now. */
export function instanceRecord({ identity, board, load, card, cpu, openBreakers, url }: RecordParts): InstanceRecord {
  const { service, instance, version, slot, cell, host, startedAt } = identity;
  const address = url();
  const resting = openBreakers();
  return {
    service,
    instance,
    version,
    slot,
    cell,
    host,
    pid: process.pid,
    startedAt,
    ...(address === undefined ? {} : { url: address }),
    ports: { ...card.ports },
    capabilities: [...card.capabilities],
    labels: { ...card.labels },
    health: board.status,
    load: { cpu: cpu.read(), rssBytes: process.memoryUsage.rss(), active: load.active, capacity: load.capacity },
    ...(resting.length === 0 ? {} : { openBreakers: resting }),
  };
}

export const healthReport = (parts: RecordParts): HealthReport => ({
  record: instanceRecord(parts),
  at: new Date().toISOString(),
  problems: { ...parts.board.problems },
});
