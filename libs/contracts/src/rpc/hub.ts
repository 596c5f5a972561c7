import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import type { ErrorReport, InstanceRecord } from '../instance.js';
import { ServiceName } from '../service-name.js';
import { Empty, IDEMPOTENT, rpcMethod } from './method.js';

/** An instance as a hub sees it. `lost`: its lease or its reports ended without a good-bye. */
export interface InstanceHealth {
  record: InstanceRecord;
  state: 'up' | 'degraded' | 'draining' | 'lost';
  lastSeen: string;
  problems: Record<string, string>;
}
export interface FleetHealth {
  at: string;
  /** The hub that answers. */
  hub: string;
  cells: { cell: string; reachable: boolean; instances: InstanceHealth[] }[];
  errors: { total: number; lastHour: number };
}

export class Timeline {
  /** A correlation id or a run id. */
  @IsString()
  @MaxLength(128)
  id!: string;
}
export interface TimelineEntry {
  at: string;
  cell: string;
  service: string;
  type: string;
  summary: string;
  durationMs?: number;
  data: unknown;
}
export interface TimelineView {
  correlationId: string;
  runId?: string;
  entries: TimelineEntry[];
}

export class RecentErrors {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}
export interface ErrorGroup {
  fingerprint: string;
  count: number;
  firstAt: string;
  lastAt: string;
  last: ErrorReport;
  services: string[];
}

export const HubRpc = {
  fleet: rpcMethod<FleetHealth>()(ServiceName.Hub, 'fleet', Empty, 'Health of every instance of every cell.', IDEMPOTENT),
  timeline: rpcMethod<TimelineView>()(
    ServiceName.Hub,
    'timeline',
    Timeline,
    'What happened under one correlation id, in order.',
    IDEMPOTENT,
  ),
  errors: rpcMethod<{ groups: ErrorGroup[] }>()(
    ServiceName.Hub,
    'errors',
    RecentErrors,
    'Errors of the fleet, grouped by fingerprint.',
    IDEMPOTENT,
  ),
} as const;
