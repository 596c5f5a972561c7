import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', 'm', '1.5s', '-1s', '5 m', '1d', '0s', '9999h'])('refuses "%s" and says how to write one', (text) =>
    expect(() => parseDuration(text)).toThrow(/duration/),
  );
});
