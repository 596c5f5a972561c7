import {
  type ErrorBody,
  type FleetCell,
  type FleetHealth,
  type FleetView,
  HealthStatus,
  type InstanceHealth,
  type InstanceList,
  type InstanceRecord,
} from '@aet/contracts';

export type Answer<T> = { ok: true; value: T } | { ok: false; error: ErrorBody };

/** An instance that the registry does not list is given this long before it counts as lost: both pictures are a little old. Milliseconds. */
const LEASE_GRACE_MS = 4000;

/**
 * One picture of the fleet from two. The registry knows who holds a lease and their newest load; the hub knows what is not well
 * and who vanished. An instance that only one of them knows is shown; with one of them down the other's picture stands alone.
 */
export function joinFleet(hub: Answer<FleetHealth>, registry: Answer<InstanceList>, now: Date): FleetView {
  const health = hub.ok ? hub.value.cells : [];
  const leases = registry.ok ? registry.value.cells : [];
  const names = [...new Set([...leases.map((c) => c.cell), ...health.map((c) => c.cell)])].toSorted();
  const view: FleetView = {
    at: now.toISOString(),
    sources: {
      hub: hub.ok ? { ok: true, from: hub.value.hub } : { ok: false, error: hub.error },
      registry: registry.ok ? { ok: true } : { ok: false, error: registry.error },
    },
    cells: names.map((cell) =>
      joinCell(
        cell,
        health.find((c) => c.cell === cell),
        leases.find((c) => c.cell === cell),
        now,
      ),
    ),
  };
  return hub.ok ? { ...view, errors: hub.value.errors } : view;
}

function joinCell(
  cell: string,
  health: FleetHealth['cells'][number] | undefined,
  leases: InstanceList['cells'][number] | undefined,
  now: Date,
): FleetCell {
  const leasesAreFresh = leases !== undefined && leases.state !== 'unreachable';
  const seen = new Map((health?.instances ?? []).map((i) => [i.record.instance, i]));
  const joined: InstanceHealth[] = [];
  for (const record of leases?.instances ?? []) {
    joined.push(withLease(seen.get(record.instance), record, leases?.at ?? now.toISOString(), leasesAreFresh));
    seen.delete(record.instance);
  }
  for (const instance of seen.values()) joined.push(leasesAreFresh ? withoutLease(instance, now) : instance);
  return {
    cell,
    reachable: leasesAreFresh || (leases === undefined && health?.reachable === true),
    instances: joined.toSorted(order),
  };
}

function withLease(seen: InstanceHealth | undefined, record: InstanceRecord, at: string, fresh: boolean): InstanceHealth {
  if (seen === undefined) return { record, state: fresh ? stateOf(record) : 'lost', lastSeen: at, problems: {} };
  if (!fresh) return seen;
  const hasProblems = Object.keys(seen.problems).length > 0;
  const state = stateOf(record) === 'up' && hasProblems ? 'degraded' : stateOf(record);
  return { record, state, lastSeen: later(seen.lastSeen, at), problems: seen.problems };
}

function withoutLease(instance: InstanceHealth, now: Date): InstanceHealth {
  const quietMs = now.getTime() - Date.parse(instance.lastSeen);
  return quietMs > LEASE_GRACE_MS ? { ...instance, state: 'lost' } : instance;
}

function stateOf(record: InstanceRecord): InstanceHealth['state'] {
  if (record.health === HealthStatus.Degraded) return 'degraded';
  return record.health === HealthStatus.Draining ? 'draining' : 'up';
}

const later = (a: string, b: string): string => (Date.parse(a) > Date.parse(b) ? a : b);

const order = (a: InstanceHealth, b: InstanceHealth): number =>
  a.record.service.localeCompare(b.record.service) ||
  a.record.host.localeCompare(b.record.host) ||
  a.record.instance.localeCompare(b.record.instance);
