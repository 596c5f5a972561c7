import type { InstanceRecord } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import {
  cellPictures,
  emptyPicture,
  forgetExpired,
  type PictureChange,
  possiblyAlive,
  reducePicture,
} from './registry-picture.js';

const record = (instance: string, over: Partial<InstanceRecord> = {}): InstanceRecord =>
  ({ instance, service: 'agent', cell: 'mainpc', capabilities: [], labels: {}, ...over }) as InstanceRecord;
const seen = (instance: string, over?: Partial<InstanceRecord>): PictureChange => ({
  kind: 'seen',
  key: `agent.${instance}`,
  record: record(instance, over),
});
const gone = (instance: string, expired: boolean, nowMs = 0): PictureChange => ({
  kind: 'gone',
  key: `agent.${instance}`,
  expired,
  nowMs,
});
const fold = (...changes: PictureChange[]) => changes.reduce(reducePicture, emptyPicture('mainpc'));
const at = (monotonicMs: number) => ({ at: '2026-01-01T00:00:00Z', monotonicMs });

describe('the picture', () => {
  it('lists the instances of its cell by name, and finds them by service and capability', () => {
    const picture = fold(seen('b', { capabilities: ['test-runner'] }), seen('a', { service: 'km' }), gone('unknown', true));
    const names = (filter = {}) => cellPictures(picture, at(0), filter)[0]?.instances.map(({ instance }) => instance);
    expect(names()).toEqual(['a', 'b']);
    expect(names({ service: 'km' })).toEqual(['a']);
    expect(names({ capability: 'test-runner' })).toEqual(['b']);
    expect(cellPictures(picture, at(0), { cell: 'pc2' })).toEqual([]);
  });

  it('calls a cell unreachable after five seconds of silence and keeps what it knew of it', () => {
    const snapshot = { cell: 'pc2', at: '2026-01-01T00:00:00Z', instances: [record('far', { cell: 'pc2' })] };
    const picture = fold({ kind: 'heard', snapshot, nowMs: 1000 });
    const states = (nowMs: number) =>
      cellPictures(picture, at(nowMs)).map(({ cell, state, instances }) => [cell, state, instances.length]);
    expect(states(6000)).toEqual([
      ['mainpc', 'local', 0],
      ['pc2', 'reachable', 1],
    ]);
    expect(states(6001)).toEqual([
      ['mainpc', 'local', 0],
      ['pc2', 'unreachable', 1],
    ]);
  });

  it('does not take another registry of its own cell for another cell', () => {
    const snapshot = { cell: 'mainpc', at: '', instances: [record('ghost')] };
    expect(cellPictures(fold({ kind: 'heard', snapshot, nowMs: 0 }), at(0))).toMatchObject([{ cell: 'mainpc', instances: [] }]);
  });
});

describe('whose ports are kept', () => {
  it('counts an instance whose lease expired a moment ago, not one that left', () => {
    const picture = fold(seen('lives'), seen('paused'), seen('left'), gone('paused', true, 1000), gone('left', false, 1000));
    expect([...possiblyAlive(picture, 5000, 10_000)].toSorted()).toEqual(['lives', 'paused']);
    expect([...possiblyAlive(picture, 11_000, 10_000)]).toEqual(['lives']);
    expect(forgetExpired(picture, 11_000, 10_000).expired.size).toBe(0);
  });

  it('forgets an expiry when the instance is back', () => {
    const picture = fold(seen('paused'), gone('paused', true, 0), seen('paused'), gone('paused', false, 1));
    expect([...possiblyAlive(picture, 2, 10_000)]).toEqual([]);
  });
});
