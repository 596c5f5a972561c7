import type { FleetHealth, InstanceHealth, InstanceList, InstanceRecord } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { joinFleet } from './fleet-join.js';

const now = new Date('2026-01-01T00:01:00.000Z');
const record = (instance: string, active = 0): InstanceRecord => ({
  service: 'km',
  instance,
  version: '1.0.0',
  slot: 'blue',
  cell: 'one',
  host: 'h',
  pid: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  ports: {},
  capabilities: [],
  labels: {},
  health: 'ready',
  load: { cpu: 0, rssBytes: 0, active, capacity: 0 },
});
const seen = (instance: string, lastSeen = '2026-01-01T00:00:59.000Z', problems = {}): InstanceHealth => ({
  record: record(instance),
  state: 'up',
  lastSeen,
  problems,
});
const hub = (...instances: InstanceHealth[]): { ok: true; value: FleetHealth } => ({
  ok: true,
  value: {
    at: now.toISOString(),
    hub: 'hub-1',
    cells: [{ cell: 'one', reachable: true, instances }],
    errors: { total: 3, lastHour: 1 },
  },
});
const registry = (state: 'local' | 'unreachable', ...instances: InstanceRecord[]): { ok: true; value: InstanceList } => ({
  ok: true,
  value: { cells: [{ cell: 'one', state, at: now.toISOString(), instances }] },
});
const down = { ok: false, error: { code: 'NO_RESPONDERS', message: 'nobody', retryable: true } } as const;
const states = (view: ReturnType<typeof joinFleet>): unknown =>
  view.cells.flatMap((c) => c.instances.map((i) => [i.record.instance, i.state]));

describe('the joined picture of the fleet', () => {
  it("takes load from the lease and problems from the hub's view", () => {
    const view = joinFleet(hub(seen('km-1', now.toISOString(), { database: 'gone' })), registry('local', record('km-1', 4)), now);
    expect(view.cells[0]?.instances[0]).toMatchObject({
      state: 'degraded',
      problems: { database: 'gone' },
      record: { load: { active: 4 } },
    });
    expect(view.errors).toEqual({ total: 3, lastHour: 1 });
  });

  it('shows what only one of them knows', () => {
    expect(states(joinFleet(hub(seen('km-1')), registry('local', record('km-2')), now))).toEqual([
      ['km-1', 'up'],
      ['km-2', 'up'],
    ]);
  });

  it('calls an instance lost when it has no lease and said nothing for a while', () => {
    const view = joinFleet(hub(seen('km-1', '2026-01-01T00:00:50.000Z')), registry('local'), now);
    expect(states(view)).toEqual([['km-1', 'lost']]);
  });

  it('stands on the registry alone, and on the hub alone, and says which is missing', () => {
    const withoutHub = joinFleet(down, registry('local', record('km-1')), now);
    expect(states(withoutHub)).toEqual([['km-1', 'up']]);
    expect(withoutHub).toMatchObject({ sources: { hub: { ok: false }, registry: { ok: true } }, cells: [{ reachable: true }] });
    expect(withoutHub).not.toHaveProperty('errors');
    const withoutRegistry = joinFleet(hub(seen('km-1')), down, now);
    expect(states(withoutRegistry)).toEqual([['km-1', 'up']]);
    expect(withoutRegistry.cells[0]?.reachable).toBe(true);
  });

  it('does not call the last known picture of an unreachable cell up', () => {
    const view = joinFleet(down, registry('unreachable', record('km-1')), now);
    expect(view.cells[0]).toMatchObject({ reachable: false, instances: [{ state: 'lost' }] });
  });
});
