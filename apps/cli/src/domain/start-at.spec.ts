import { expect, it } from 'vitest';
import { startOf } from './start-at.js';

const now = new Date(2026, 10, 21, 12, 0, 0);

it('says when a run begins: at a time, at the next such time of the day, or after a while', () => {
  expect(startOf({}, now)).toEqual({});
  expect(startOf({ in: '10m' }, now)).toEqual({ startAt: new Date(2026, 10, 21, 12, 10).toISOString() });
  expect(startOf({ at: '18:30' }, now)).toEqual({ startAt: new Date(2026, 10, 21, 18, 30).toISOString() });
  expect(startOf({ at: '12:00' }, now)).toEqual({ startAt: new Date(2026, 10, 22, 12, 0).toISOString() });
  expect(startOf({ at: '2026-12-01T00:00:00+01:00' }, now)).toEqual({ startAt: '2026-11-30T23:00:00.000Z' });
});

it('refuses what is no time', () => {
  for (const at of ['soon', '25:00', '2026-12-01', '2026-13-01T00:00:00Z'])
    expect(() => startOf({ at }, now)).toThrow(/is no time/);
  expect(() => startOf({ at: '18:00', in: '1m' }, now)).toThrow(/either/);
  expect(() => startOf({ in: 'soon' }, now)).toThrow(/is not a duration/);
});
