import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeMarks, encodeMarks } from './done-marks.js';

const SALT = 12_345;
const offsets = fc.uniqueArray(fc.nat({ max: 0xffffffff }), { maxLength: 30 });

it('marks come back, whatever tore the last of them', () => {
  fc.assert(
    fc.property(offsets, fc.nat({ max: 7 }), (all, torn) => {
      const bytes = encodeMarks(all, SALT);
      expect([...decodeMarks(bytes, SALT)]).toEqual(all);
      const whole = torn === 0 ? all : all.slice(0, -1);
      expect([...decodeMarks(bytes.subarray(0, Math.max(bytes.length - torn, 0)), SALT)]).toEqual(whole);
    }),
  );
});

it('marks behind a torn one count', () => {
  fc.assert(
    fc.property(offsets, offsets, fc.integer({ min: 1, max: 7 }), (before, after, kept) => {
      const torn = encodeMarks([77], SALT).subarray(0, kept);
      const marks = decodeMarks(Buffer.concat([encodeMarks(before, SALT), torn, encodeMarks(after, SALT)]), SALT);
      expect([...before, ...after].filter((offset) => !marks.has(offset))).toEqual([]);
    }),
  );
});

it('marks of another segment do not count', () => {
  expect(decodeMarks(encodeMarks([1, 2, 3], SALT + 1), SALT)).toEqual(new Set());
});
