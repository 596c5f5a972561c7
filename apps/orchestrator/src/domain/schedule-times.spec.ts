import { describe, expect, it } from 'vitest';
import { assertTiming, dueTimes, nextTimes } from './schedule-times.js';

const at = (time: string) => new Date(`2026-01-01T${time}Z`);
const texts = (times: readonly Date[]) => times.map((time) => time.toISOString().slice(11, 19));
const minutely = { cron: '* * * * *', timeZone: 'UTC' };

describe('the times of a schedule', () => {
  it('come by the wall clock of its zone, across the change of daylight saving', () => {
    const daily = { cron: '30 8 * * *', timeZone: 'Europe/Berlin' };
    const days = nextTimes(daily, new Date('2026-03-28T00:00:00Z'), 3);
    expect(days.map((day) => day.toISOString())).toEqual([
      '2026-03-28T07:30:00.000Z',
      '2026-03-29T06:30:00.000Z',
      '2026-03-30T06:30:00.000Z',
    ]);
    const gap = nextTimes({ cron: '30 2 29 3 *', timeZone: 'Europe/Berlin' }, new Date('2026-03-28T00:00:00Z'), 1);
    expect(gap).toHaveLength(1);
  });

  it('are refused when they are none, or never come', () => {
    const now = at('00:00:00');
    expect(() => assertTiming({ cron: 'soon', timeZone: 'UTC' }, now)).toThrow(/"soon" is no cron expression/);
    expect(() => assertTiming({ cron: '0 0 31 2 *', timeZone: 'UTC' }, now)).toThrow(/never comes/);
    expect(() => assertTiming({ cron: '* * * * *', timeZone: 'Mars/Base' }, now)).toThrow(/no time zone/);
    expect(() => assertTiming({ timeZone: 'UTC' }, now)).toThrow(/either/);
    expect(() => assertTiming({ cron: '* * * * *', at: '2026-01-01T00:00:00Z', timeZone: 'UTC' }, now)).toThrow(/either/);
    expect(() => assertTiming({ at: '2026-13-01T00:00:00Z', timeZone: 'UTC' }, now)).toThrow(/is no time/);
    assertTiming({ cron: '@daily', timeZone: 'UTC' }, now);
  });

  it('are each submitted once when somebody is there', () => {
    for (const catchUp of ['last', 'none', 'all'] as const) {
      const { fire, next } = dueTimes(minutely, at('10:01:00'), at('10:01:00'), catchUp);
      expect([texts(fire), next]).toEqual([['10:01:00'], at('10:02:00')]);
    }
    const secondly = { cron: '* * * * * *', timeZone: 'UTC' };
    const { fire, next } = dueTimes(secondly, at('10:00:00'), new Date(at('10:00:02').getTime() + 700), 'last');
    expect([texts(fire), next]).toEqual([['10:00:00', '10:00:01', '10:00:02'], at('10:00:03')]);
  });

  it('are made up for after an outage as the schedule says', () => {
    const outage = (catchUp: 'last' | 'none' | 'all') => dueTimes(minutely, at('10:01:00'), at('10:04:45'), catchUp);
    expect(texts(outage('last').fire)).toEqual(['10:04:00']);
    expect(texts(outage('none').fire)).toEqual([]);
    expect(texts(outage('all').fire)).toEqual(['10:01:00', '10:02:00', '10:03:00', '10:04:00']);
    for (const catchUp of ['last', 'none', 'all'] as const) expect(outage(catchUp).next).toEqual(at('10:05:00'));
  });

  it('are made up for in rounds when there are very many', () => {
    const secondly = { cron: '* * * * * *', timeZone: 'UTC' };
    const { fire, next } = dueTimes(secondly, at('10:00:00'), at('11:00:00'), 'all');
    expect([fire.length, next]).toEqual([500, at('10:08:20')]);
  });

  it('of a single time come once, also late, but for who wants none made up for', () => {
    const once = { at: '2026-01-01T10:00:00Z', timeZone: 'UTC' };
    expect(dueTimes(once, at('10:00:00'), at('10:00:01'), 'none')).toEqual({ fire: [at('10:00:00')], next: undefined });
    expect(dueTimes(once, at('10:00:00'), at('11:00:00'), 'last').fire).toEqual([at('10:00:00')]);
    expect(dueTimes(once, at('10:00:00'), at('11:00:00'), 'none').fire).toEqual([]);
    expect(nextTimes(once, at('09:00:00'), 3)).toEqual([at('10:00:00')]);
    expect(nextTimes(once, at('10:00:00'), 3)).toEqual([]);
  });
});
