import type { FleetView, InstanceHealth, InstanceRecord } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { hubLines } from './hub-lines.js';

const record: InstanceRecord = {
  service: 'gateway',
  instance: 'gateway-1',
  version: '1.0.0',
  slot: 'blue',
  cell: 'local',
  host: 'local',
  pid: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  ports: {},
  capabilities: [],
  labels: {},
  health: 'ready',
  load: { cpu: 0, rssBytes: 0, active: 0, capacity: 0 },
};
const instance = (more: Partial<InstanceRecord>, state: InstanceHealth['state'] = 'up'): InstanceHealth => ({
  record: { ...record, ...more },
  state,
  lastSeen: record.startedAt,
  problems: state === 'up' ? {} : { database: 'away' },
});
const fleet = (...instances: InstanceHealth[]): FleetView => ({
  at: record.startedAt,
  sources: { hub: { ok: true, from: 'hub-1' }, registry: { ok: true } },
  cells: [{ cell: 'local', reachable: true, instances }],
  errors: { total: 3, lastHour: 2 },
});

describe('the lines of the hub', () => {
  it('name who is not well, and each open breaker with who has it', () => {
    const lines = hubLines(
      fleet(
        instance({ openBreakers: ['km.search', 'km.stats'] }),
        instance({ instance: 'km-1' }, 'degraded'),
        instance({ instance: 'agent-1', openBreakers: ['km.search'] }, 'lost'),
      ),
    );
    expect(lines).toEqual([
      '',
      'hub: 1 of 3 instances up, 2 errors in the last hour',
      'km-1: degraded away',
      'agent-1: lost away',
      'gateway-1: breaker open, it calls no more: km.search, km.stats',
    ]);
  });

  it('say when there is no picture', () => {
    expect(hubLines(undefined)).toEqual(['', 'the gateway does not answer: no picture of the hub']);
  });
});
