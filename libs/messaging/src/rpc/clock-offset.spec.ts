import { ErrorCode, RemoteError } from '@aet/contracts';
import { describe, expect, it } from 'vitest';
import { ClockOffset } from './clock-offset.js';

const HOUR = 3_600_000;
const NOW = 1_800_000_000_000;
const refusal = (notBegunAt: number | undefined, code: string = ErrorCode.DeadlinePassed) =>
  new RemoteError({ code, message: 'late', retryable: false }, 'a', notBegunAt);

describe('a clock that is behind', () => {
  it('is learnt from a refusal that comes while there is time left', () => {
    const clock = new ClockOffset();
    expect(clock.explains(refusal(NOW + HOUR), NOW + 5_000, NOW)).toBe(true);
    expect(clock.behindMs).toBe(HOUR);
  });

  it('is forgotten after ten minutes: it may have been set right', () => {
    let monotonic = 0;
    const clock = new ClockOffset(() => monotonic);
    clock.explains(refusal(NOW + HOUR), NOW + 5_000, NOW);
    monotonic = 599_999;
    expect(clock.behindMs).toBe(HOUR);
    monotonic = 600_000;
    expect(clock.behindMs).toBe(0);
  });

  it('keeps the larger of two: a later deadline harms nobody', () => {
    const clock = new ClockOffset();
    clock.explains(refusal(NOW + HOUR), NOW + 5_000, NOW);
    clock.explains(refusal(NOW + 60_000), NOW + 5_000, NOW);
    expect(clock.behindMs).toBe(HOUR);
  });

  it.each([
    ['the time was really over', refusal(NOW + HOUR), NOW],
    ['something may have been done', refusal(undefined), NOW + 5_000],
    ['it was refused for another reason', refusal(NOW + HOUR, ErrorCode.Forbidden), NOW + 5_000],
    ["there was time by the other's clock, too", refusal(NOW + 1), NOW + 5_000],
    ['there is no deadline', refusal(NOW + HOUR), undefined],
    ['no other process said so', new Error('late'), NOW + 5_000],
  ])('is not the reason when %s', (_why, error, deadline) => {
    const clock = new ClockOffset();
    expect(clock.explains(error, deadline, NOW)).toBe(false);
    expect(clock.behindMs).toBe(0);
  });
});
