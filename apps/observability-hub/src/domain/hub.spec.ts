import type { CloudEvent, ErrorReport, InstanceRecord, RunEvent } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { Correlations } from './correlations.js';
import { ErrorGroups } from './error-groups.js';
import { FleetPicture, FORGET_AFTER_MS, SILENT_AFTER_MS, UNREACHABLE_AFTER_MS } from './fleet-picture.js';
import { entryOfEvent } from './timeline-entry.js';

const record = (instance: string, change: Partial<InstanceRecord> = {}): InstanceRecord => ({
  service: 'km',
  instance,
  version: '0.1.0',
  slot: 'blue',
  cell: 'here',
  host: 'h',
  pid: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  ports: {},
  capabilities: [],
  labels: {},
  health: 'ready',
  load: { cpu: 0, rssBytes: 0, active: 0, capacity: 0 },
  ...change,
});
const report = (instance: string, change: Partial<InstanceRecord> = {}, problems: Record<string, string> = {}) => ({
  record: record(instance, change),
  at: '2026-01-01T00:00:00.000Z',
  problems,
});
const states = (picture: FleetPicture, now: number) =>
  picture.cells(now).flatMap(({ instances }) => instances.map(({ record: { instance }, state }) => `${instance} ${state}`));

describe('the picture of the fleet', () => {
  it('shows the own cell even when nothing was heard', () => {
    expect(new FleetPicture('here').cells(0)).toEqual([{ cell: 'here', reachable: true, instances: [] }]);
  });

  it('keeps an instance whose lease ran out as lost, and forgets one that said good-bye', () => {
    const picture = new FleetPicture('here');
    picture.leased(record('a'), 0);
    picture.leased(record('b'), 0);
    picture.leaseEnded('a', true);
    picture.leaseEnded('b', false);
    expect(states(picture, 1)).toEqual(['a lost']);
    picture.leased(record('a'), 2);
    expect(states(picture, 3)).toEqual(['a up']);
  });

  it('does not let a late report of a leaving instance bring it back', () => {
    const picture = new FleetPicture('here');
    picture.leased(record('a'), 0);
    picture.leaseEnded('a', false);
    picture.heard(report('a', { health: 'draining' }), 1);
    expect(states(picture, 2)).toEqual([]);
  });

  it('knows instances of other cells by their reports, and when the cell is out of reach', () => {
    const picture = new FleetPicture('here');
    picture.heard(report('x', { cell: 'there', health: 'degraded' }, { database: 'away' }), 0);
    const there = (now: number) => picture.cells(now).find(({ cell }) => cell === 'there');
    expect(there(UNREACHABLE_AFTER_MS)).toMatchObject({
      reachable: true,
      instances: [{ state: 'degraded', problems: { database: 'away' } }],
    });
    expect(there(UNREACHABLE_AFTER_MS + 1)?.reachable).toBe(false);
    expect(there(SILENT_AFTER_MS + 1)?.instances[0]?.state).toBe('lost');
    picture.sweep(FORGET_AFTER_MS + 1);
    expect(there(FORGET_AFTER_MS + 1)).toBeUndefined();
  });
});

describe('errors', () => {
  const error = (fingerprint: string, at: string, service: ErrorReport['service'] = 'km'): ErrorReport => ({
    at,
    cell: 'here',
    host: 'h',
    service,
    instance: 'i',
    severity: 'high',
    code: 'X',
    message: 'm',
    fingerprint,
  });

  it('are grouped by fingerprint, the latest first, and counted once when told twice', () => {
    const groups = new ErrorGroups();
    const again = error('f', '2026-01-01T00:00:00.000Z');
    for (const told of [again, again, error('g', '2026-01-01T00:30:00.000Z'), error('f', '2026-01-01T01:10:00.000Z', 'agent')])
      groups.add(told);
    expect(groups.latest(10).map(({ fingerprint, count, services }) => [fingerprint, count, services])).toEqual([
      ['f', 2, ['km', 'agent']],
      ['g', 1, ['km']],
    ]);
    expect(groups.counts(Date.parse('2026-01-01T01:15:00.000Z'))).toEqual({ total: 3, lastHour: 2 });
  });

  it('never take more room than their bound', () => {
    const groups = new ErrorGroups();
    for (let i = 0; i < 1_500; i++) groups.add(error(`f${i}`, new Date(i).toISOString()));
    expect(groups.latest(5_000).length).toBe(1_000);
    expect(groups.latest(1)[0]?.fingerprint).toBe('f1499');
  });
});

describe('a timeline entry', () => {
  const event = (data: RunEvent, change: Partial<CloudEvent> = {}): CloudEvent => ({
    specversion: '1.0',
    id: 'r:1',
    source: '/aet/default/here/orchestrator',
    type: data.type,
    subject: 'r',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    correlationid: 'c',
    data: data.data,
    ...change,
  });
  const by = { cell: 'here', host: 'pc2', instance: 'i', agent: 'security' };

  it('says what happened to which task, by whom and how long it took', () => {
    const data: RunEvent = {
      type: 'attempt.completed',
      data: { step: 'index', item: 3, attempt: 2, output: null, by, durationMs: 12 },
    };
    expect(entryOfEvent(event(data))).toMatchObject({
      cell: 'here',
      service: 'orchestrator',
      summary: 'index[3] (attempt 2) completed by security on pc2',
      durationMs: 12,
    });
  });

  it('shows a type from the future by its name', () => {
    expect(entryOfEvent({ ...event({ type: 'run.completed', data: { output: 1 } }), type: 'run.teleported' }).summary).toBe(
      'run.teleported',
    );
  });

  it('is found by a correlation id that is not the run’s own', () => {
    const correlations = new Correlations();
    correlations.note(event({ type: 'run.completed', data: { output: 1 } }));
    expect(correlations.runsOf('c')).toEqual(['r']);
    expect(correlations.runsOf('other')).toEqual([]);
  });
});
