import { ServiceName, token } from '@aet/contracts';

/** What starts a process, waits for it and stops it: see the adapter of each kind. */
export type ProcessKind = 'nats-server' | 'postgres' | 'service';

/** One process of a fleet, as data. */
export interface PlannedProcess {
  /** `<cell>/<name>`, unique in the fleet. */
  id: string;
  /** Unique in its cell, and the name of its log file, such as `agent-pc2`. */
  name: string;
  cell: string;
  kind: ProcessKind;
  service?: ServiceName;
  /** Ids of those that must be ready before this one starts. */
  needs: readonly string[];
  /** `AET__…` values that differ from the cell's. Never a secret. */
  environment: Readonly<Record<string, string>>;
  stop: StopPlan;
}

export interface StopPlan {
  /** Lower ranks stop first; those of one rank together. */
  rank: number;
  signal: 'SIGTERM' | 'SIGINT';
  /** Longest wait for the end before SIGKILL, in milliseconds. */
  limitMs: number;
}

export interface PlannedCell {
  name: string;
  /** Other cells of this fleet. The first cell listens for leaf links, the others dial it. */
  peers: readonly string[];
}

export interface FleetPlan {
  cells: readonly PlannedCell[];
  processes: readonly PlannedProcess[];
}

export interface FleetWish {
  cells: readonly string[];
  /** False with a database of the user's own. */
  embeddedDatabase: boolean;
  /** Tasks at once on each agent host; absent: as configured. */
  slots?: number;
  /** How long a draining service may finish what it has in hand, in milliseconds: `work.drainMs`. */
  drainMs: number;
}

export const DEFAULT_CELL = 'local';
/** A single cell on one machine plays both machines of the design: one agent host with the label of each. */
const SIMULATED_HOSTS = ['mainpc', 'pc2'] as const;
const LONE_CELL_HUBS = 2;

/** Agents first, so that no task begins any more; the data stores last, when nobody writes. */
const StopRank = { Agents: 0, Services: 1, Nats: 2, Postgres: 3 } as const;
/** Leases released, connection drained: beyond the work in hand. Milliseconds. */
const DRAIN_MARGIN_MS = 2_000;
const STORE_STOP_MS = 10_000;

/** @throws {InvalidToken} when a cell's name cannot stand in a subject. */
export function planFleet(wish: FleetWish): FleetPlan {
  const names = [...new Set(wish.cells.map((cell) => token(cell, 'cell')))];
  return {
    cells: names.map((name) => ({ name, peers: names.filter((other) => other !== name) })),
    processes: names.flatMap((name) => planCell(name, names.length === 1, wish)),
  };
}

function planCell(cell: string, alone: boolean, wish: FleetWish): PlannedProcess[] {
  const id = (name: string): string => `${cell}/${name}`;
  const stores = wish.embeddedDatabase ? [id('nats-server'), id('postgres')] : [id('nats-server')];
  const store = (kind: 'nats-server' | 'postgres'): PlannedProcess => ({
    id: id(kind),
    name: kind,
    cell,
    kind,
    needs: [],
    environment: {},
    stop: {
      rank: kind === 'postgres' ? StopRank.Postgres : StopRank.Nats,
      // PostgreSQL's "fast" shutdown: sessions are ended, everything is written.
      signal: kind === 'postgres' ? 'SIGINT' : 'SIGTERM',
      limitMs: STORE_STOP_MS,
    },
  });
  const service = (name: ServiceName, label = '', environment: Record<string, string> = {}): PlannedProcess => ({
    id: id(`${name}${label}`),
    name: `${name}${label}`,
    cell,
    kind: 'service',
    service: name,
    needs: NEEDS_DATABASE.has(name) ? stores : [id('nats-server')],
    environment,
    stop: {
      rank: name === ServiceName.Agent ? StopRank.Agents : StopRank.Services,
      signal: 'SIGTERM',
      limitMs: wish.drainMs + DRAIN_MARGIN_MS,
    },
  });
  const slots: Record<string, string> = wish.slots === undefined ? {} : { AET__work__slots: String(wish.slots) };
  const hubs = alone ? Array.from({ length: LONE_CELL_HUBS }, (_, index) => `-${index + 1}`) : [''];
  const hosts = alone ? SIMULATED_HOSTS.map((host) => ({ label: `-${host}`, host })) : [{ label: '', host: cell }];
  return [
    store('nats-server'),
    ...(wish.embeddedDatabase ? [store('postgres')] : []),
    service(ServiceName.Registry),
    service(ServiceName.Orchestrator),
    service(ServiceName.Km),
    ...hubs.map((label) => service(ServiceName.Hub, label)),
    ...hosts.map(({ label, host }) => service(ServiceName.Agent, label, { AET__host__name: host, ...slots })),
    service(ServiceName.Gateway),
  ];
}

const NEEDS_DATABASE: ReadonlySet<ServiceName> = new Set([ServiceName.Orchestrator, ServiceName.Km]);

/** How people see a process: without its cell when there is only one. */
export const shownName = (process: Pick<PlannedProcess, 'id' | 'name'>, plan: Pick<FleetPlan, 'cells'>): string =>
  plan.cells.length === 1 ? process.name : process.id;
