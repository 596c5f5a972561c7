import type { Slot } from './priority.js';
import type { ServiceName } from './service-name.js';

export const HealthStatus = { Starting: 'starting', Ready: 'ready', Degraded: 'degraded', Draining: 'draining' } as const;
export type HealthStatus = (typeof HealthStatus)[keyof typeof HealthStatus];

/** What an instance says of itself: the value of its lease, and the record that the registry lists. */
export interface InstanceRecord {
  service: ServiceName;
  instance: string;
  version: string;
  slot: Slot;
  cell: string;
  host: string;
  pid: number;
  /** RFC 3339. */
  startedAt: string;
  /** HTTP address for health and metrics, such as `http://127.0.0.1:5003`. */
  url?: string;
  ports: Record<string, number>;
  capabilities: string[];
  labels: Record<string, string>;
  health: HealthStatus;
  load: InstanceLoad;
  /** Targets (`service.method`) that it leaves alone at present because they fail. Absent: none. */
  openBreakers?: string[];
}

export interface InstanceLoad {
  /** Share of one core, 1 = a whole core. */
  cpu: number;
  rssBytes: number;
  /** Work in hand, such as tasks. */
  active: number;
  /** Work that it would take at most; 0 where it takes none. */
  capacity: number;
}

/** A health message: the record, with when and why. */
export interface HealthReport {
  record: InstanceRecord;
  at: string;
  /** What is not well, by part. Empty when ready. */
  problems: Record<string, string>;
}

/** An error on the bus: what went wrong in a service, for hubs. */
export interface ErrorReport {
  at: string;
  cell: string;
  host: string;
  service: ServiceName;
  instance: string;
  severity: string;
  code: string;
  message: string;
  /** Same cause, same fingerprint: service, code and the place, without ids and numbers. */
  fingerprint: string;
  correlationId?: string;
  runId?: string;
  agent?: string;
}

/** A registry's picture of its cell, as it tells it to other cells. */
export interface RegistrySnapshot {
  cell: string;
  at: string;
  instances: InstanceRecord[];
}
