import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPayload, jsonBytes, PAYLOAD_LIMIT_BYTES } from './limits.js';

describe('jsonBytes', () => {
  it('is at least the size of the JSON text, and hardly more', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const bytes = Buffer.byteLength(JSON.stringify(value));
        expect(jsonBytes(value)).toBeGreaterThanOrEqual(bytes);
        expect(jsonBytes(value)).toBeLessThanOrEqual(bytes * 2 + 2);
      }),
    ));

  it('stops counting soon after the limit, however often one value is named', () => {
    let value: unknown = 'x'.repeat(1000);
    for (let i = 0; i < 60; i++) value = [value, value];
    expect(isPayload(value)).toBe(false);
    expect(jsonBytes(value, 5000)).toBeLessThan(10_000);
  });

  it('takes a value that is deeper than any stack for too large', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i++) deep = [deep];
    expect(isPayload(deep)).toBe(false);
  });

  it('counts what escapes add', () => expect(isPayload('\n'.repeat(PAYLOAD_LIMIT_BYTES / 2 + 1))).toBe(false));
});
