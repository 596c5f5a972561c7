import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OutboxRecord, decodeRecord, encodeRecord, recordBytes, scanSegment } from './outbox-record.js';

const SALT = 0x9e3779b9;

const record: fc.Arbitrary<OutboxRecord> = fc.record({
  at: fc.nat({ max: 2 ** 42 }),
  messageId: fc.string({ maxLength: 40 }),
  subject: fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }),
  headers: fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 20 }), { maxKeys: 4 }),
  payload: fc.uint8Array({ maxLength: 200 }),
});
const records = fc.array(record, { minLength: 1, maxLength: 12 });

const plain = ({ payload, headers, ...rest }: OutboxRecord) => ({ ...rest, headers: { ...headers }, payload: [...payload] });
const segmentOf = (all: readonly OutboxRecord[], salt = SALT): Buffer => Buffer.concat(all.map((one) => encodeRecord(one, salt)));
const found = (bytes: Buffer, salt = SALT) => scanSegment(bytes, salt).records.map(({ record: one }) => plain(one));

describe('a record', () => {
  it('comes back as it was, from the place where it lies', () => {
    fc.assert(
      fc.property(records, (all) => {
        const bytes = segmentOf(all);
        const scan = scanSegment(bytes, SALT);
        expect(scan.records.map(({ record: one }) => plain(one))).toEqual(all.map(plain));
        expect([scan.damaged, scan.end]).toEqual([[], bytes.length]);
        for (const { offset, length, record: one } of scan.records) {
          expect(length).toBe(recordBytes(one));
          expect(decodeRecord(bytes, offset, SALT)?.record).toEqual(one);
        }
      }),
    );
  });

  it('is none with the salt of another segment, though a payload holds it', () => {
    fc.assert(
      fc.property(records, record, fc.nat({ max: 0xffffffff }), (inner, outer, other) => {
        fc.pre(other !== SALT);
        const bytes = segmentOf([{ ...outer, payload: segmentOf(inner, other) }]);
        bytes.fill(0, 8, 12);
        expect(found(bytes)).toEqual([]);
      }),
    );
  });
});

describe('a segment', () => {
  it('that was torn anywhere has all records before the tear, and says where they end', () => {
    fc.assert(
      fc.property(records, fc.nat(), (all, cut) => {
        const bytes = segmentOf(all);
        const torn = bytes.subarray(0, cut % bytes.length);
        const scan = scanSegment(torn, SALT);
        const whole = all.filter((_, index) => segmentOf(all.slice(0, index + 1)).length <= torn.length);
        expect(scan.records.map(({ record: one }) => plain(one))).toEqual(whole.map(plain));
        expect(scan).toMatchObject({ damaged: [], end: segmentOf(whole).length });
      }),
    );
  });

  it('with anything behind its last record has all of them', () => {
    fc.assert(
      fc.property(records, fc.uint8Array({ maxLength: 100 }), (all, rubbish) => {
        const bytes = segmentOf(all);
        const scan = scanSegment(Buffer.concat([bytes, rubbish]), SALT);
        expect(scan.records).toHaveLength(all.length);
        expect(scan.end).toBe(bytes.length);
      }),
    );
  });

  it('with one damaged record has all others', () => {
    fc.assert(
      fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, where, change) => {
        const bytes = segmentOf(all);
        const at = where % bytes.length;
        const hit = all.findIndex((_, index) => segmentOf(all.slice(0, index + 1)).length > at);
        bytes.writeUInt8((bytes.readUInt8(at) ^ change) & 0xff, at);
        const scan = scanSegment(bytes, SALT);
        expect(scan.records.map(({ record: one }) => plain(one))).toEqual(all.filter((_, index) => index !== hit).map(plain));
        const stretches = [...scan.damaged.map(({ length }) => length), bytes.length - scan.end].filter((length) => length > 0);
        expect(stretches).toEqual(all.filter((_, index) => index === hit).map((one) => recordBytes(one)));
      }),
    );
  });

  it('of anything at all is read without an error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => void scanSegment(Buffer.from(bytes), SALT)));
  });
});
