import type { ErrorBody } from './errors.js';
import type { ArtifactRef } from './finding.js';
import type { AgentList } from './rpc/agent.js';
import type { InstanceHealth } from './rpc/hub.js';

/** Whether a back end of the gateway answered for a picture that is joined from several. */
export type SourceState = { ok: true; from?: string } | { ok: false; error: ErrorBody };

export interface FleetCell {
  cell: string;
  /** False: the instances are the last known. */
  reachable: boolean;
  instances: InstanceHealth[];
}
/** `GET /v1/fleet`: the hub's health joined with the registry's leases. Either of them alone is enough for a picture. */
export interface FleetView {
  at: string;
  sources: { hub: SourceState; registry: SourceState };
  cells: FleetCell[];
  /** Absent while no hub answers. */
  errors?: { total: number; lastHour: number };
}

/** `GET /v1/agents`: what each host of agents says, and which hosts did not say anything in time. */
export interface AgentRoster {
  hosts: AgentList[];
  silent: { instance: string; host: string; error: ErrorBody }[];
}

/** `GET /v1/runs/{id}/artifacts` */
export interface ArtifactList {
  artifacts: ArtifactRef[];
}

/** `POST /v1/console-sessions`: a way into the console for one browser. */
export interface ConsoleLink {
  /** Works once, until `expiresAt`, and only with the gateway process that gave it. */
  code: string;
  /** The console's page with the code. */
  url: string;
  expiresAt: string;
}

/**
 * Names of the server-sent events of `GET /v1/runs/{id}/events`. `run` carries a `StoredRunEvent` and its sequence as id,
 * `progress` a `TaskProgress`, `skipped` says how many progress lines a slow reader missed, `trouble` an `ErrorBody` while the log
 * cannot be read (the stream goes on by itself), `end` the run's last status; nothing comes after `end`.
 */
export const RunStreamEvent = { Run: 'run', Progress: 'progress', Skipped: 'skipped', Trouble: 'trouble', End: 'end' } as const;
export type RunStreamEvent = (typeof RunStreamEvent)[keyof typeof RunStreamEvent];
