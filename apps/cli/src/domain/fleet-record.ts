import type { ServiceName } from '@aet/contracts';
import type { ProcessKind } from './fleet-plan.js';
import type { ProcessIdentity } from './process-identity.js';
import type { Phase } from './supervision.js';

/** What `fleet.json` holds: enough to show the fleet and to end it, whatever became of its supervisor. */
export interface FleetRecord {
  version: typeof FLEET_RECORD_VERSION;
  /** Folder that the fleet works for. */
  project: string;
  supervisor: ProcessIdentity;
  /** RFC 3339. */
  startedAt: string;
  /** From the supervisor's begin to the last process' readiness, in milliseconds; absent until then. */
  readyMs?: number;
  cells: readonly string[];
  children: readonly ChildRecord[];
}

export interface ChildRecord {
  id: string;
  name: string;
  cell: string;
  kind: ProcessKind;
  service?: ServiceName;
  phase: Phase;
  restarts: number;
  /** Absent while no process lives. */
  process?: ProcessIdentity;
  /** RFC 3339, of the present process. */
  startedAt?: string;
  /** From spawn to ready, in milliseconds. */
  readyMs?: number;
  /** Its HTTP or NATS address. */
  url?: string;
}

export const FLEET_RECORD_VERSION = 1;

/** Reads the text of `fleet.json`; undefined when it is none of ours, or of another version. */
export function parseFleetRecord(text: string): FleetRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<FleetRecord> | null;
    return value?.version === FLEET_RECORD_VERSION && value.supervisor !== undefined && Array.isArray(value.children)
      ? (value as FleetRecord)
      : undefined;
  } catch {
    return undefined;
  }
}
