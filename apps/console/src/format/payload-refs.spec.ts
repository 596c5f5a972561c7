import { describe, expect, it } from 'vitest';
import { payloadRefs } from './payload-refs.js';

const ref = (bytes: number) => ({ $payload: { sha256: 'a'.repeat(64), bytes, cell: 'c' } });

describe('references to large values', () => {
  it('are found wherever they stand, with their place', () => {
    const value = { files: [{ text: ref(300_000) }], whole: ref(2), near: { $payload: { sha256: 1 } } };
    expect(payloadRefs(value).map(({ path, bytes }) => [path, bytes])).toEqual([
      ['files.0.text', 300_000],
      ['whole', 2],
    ]);
    expect(payloadRefs(ref(7))).toMatchObject([{ path: '' }]);
    expect(payloadRefs('text')).toEqual([]);
  });

  it('are counted up to an end', () => {
    expect(payloadRefs(Array.from({ length: 100 }, () => ref(1)))).toHaveLength(20);
  });
});
