import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MARK_BYTES, decodeMarks, encodeMarks } from './done-marks.js';

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

it('a damaged mark spoils no other', () => {
  fc.assert(
    fc.property(offsets, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, where, change) => {
      fc.pre(all.length > 0);
      const bytes = encodeMarks(all, SALT);
      const at = where % bytes.length;
      bytes.writeUInt8(bytes.readUInt8(at) ^ change, at);
      expect([...decodeMarks(bytes, SALT)]).toEqual(all.filter((_, index) => index !== Math.floor(at / MARK_BYTES)));
    }),
  );
});

it('marks of another segment do not count', () => {
  expect(decodeMarks(encodeMarks([1, 2, 3], SALT + 1), SALT)).toEqual(new Set());
});
