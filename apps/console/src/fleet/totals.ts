import type { FleetView } from '@aet/contracts';

export interface FleetTotals {
  instances: number;
  up: number;
  /** Tasks that agent hosts have in hand, and all their slots. */
  active: number;
  capacity: number;
  /** Cores. */
  cpu: number;
  rssBytes: number;
}

/** Sums over the instances that live. What is lost uses nothing. */
export function totalsOf(fleet: FleetView): FleetTotals {
  const all = fleet.cells.flatMap((cell) => cell.instances);
  const living = all.filter((i) => i.state !== 'lost').map((i) => i.record);
  const hosts = living.filter((r) => r.service === 'agent');
  return {
    instances: all.length,
    up: all.filter((i) => i.state === 'up').length,
    active: sum(hosts.map((r) => r.load.active)),
    capacity: sum(hosts.map((r) => r.load.capacity)),
    cpu: sum(living.map((r) => r.load.cpu)),
    rssBytes: sum(living.map((r) => r.load.rssBytes)),
  };
}

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
