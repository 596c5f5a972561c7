import { INLINE_PAYLOAD_BYTES, LARGEST_PAYLOAD_BYTES, type RunEvent, RunEventType } from '@aet/contracts';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type LargeValue, lightEvent, lighten, lightenEach, referencesIn, whole } from './large-values.js';

const big = 'x'.repeat(INLINE_PAYLOAD_BYTES);

describe('a value of a run', () => {
  it('stays where it is up to the limit, and is a reference beyond it', () => {
    const large: LargeValue[] = [];
    const fits = 'x'.repeat(INLINE_PAYLOAD_BYTES - 2);
    expect(lighten(fits, 'c1', large)).toBe(fits);
    expect(large).toEqual([]);
    const text = JSON.stringify(big);
    const ref = { $payload: { sha256: createHash('sha256').update(text).digest('hex'), bytes: text.length, cell: 'c1' } };
    expect(lighten(big, 'c1', large)).toEqual(ref);
    expect(large).toEqual([{ ref, text }]);
  });

  it('is measured in bytes, not in characters', () => {
    const large: LargeValue[] = [];
    expect(lighten('\u0000'.repeat(INLINE_PAYLOAD_BYTES / 5), 'c1', large)).toHaveProperty('$payload');
    expect(lighten('é'.repeat(INLINE_PAYLOAD_BYTES / 2), 'c1', large)).toHaveProperty('$payload');
  });

  it('that is larger than the largest is refused, with the remedy', () => {
    expect(() => lighten('x'.repeat(LARGEST_PAYLOAD_BYTES), 'c1', [], 'the output of step "a"')).toThrow(
      /output of step "a" has 16777218 bytes.*artifact/,
    );
  });

  it('gives room in a map by the largest first', () => {
    const large: LargeValue[] = [];
    const light = lightenEach({ small: 1, mid: big.slice(100_000), large: big.slice(50_000) }, 'c1', large);
    expect(light).toMatchObject({ small: 1, mid: big.slice(100_000), large: { $payload: { cell: 'c1' } } });
    expect(large).toHaveLength(1);
  });

  it('is found and put back by its checksum', () => {
    const large: LargeValue[] = [];
    const nested = { deep: [{ value: lighten(big, 'c1', large) }, null, 3] };
    const refs = referencesIn(nested);
    expect(refs).toEqual([large[0]?.ref]);
    const loaded = new Map(large.map(({ ref, text }) => [ref.$payload.sha256, JSON.parse(text) as unknown]));
    expect(whole(nested, loaded)).toEqual({ deep: [{ value: big }, null, 3] });
    expect(whole(nested, new Map())).toEqual(nested);
  });
});

describe('an event', () => {
  it('is the same object when nothing in it is large', () => {
    const event: RunEvent = { type: RunEventType.Completed, data: { output: { a: 1 } } };
    expect(lightEvent(event, 'c1', [])).toBe(event);
  });

  it('has references in the places of large values, and all else as it was', () => {
    const large: LargeValue[] = [];
    const event: RunEvent = {
      type: RunEventType.CheckpointReached,
      data: { step: 's', data: { text: big } },
    };
    expect(lightEvent(event, 'c1', large)).toEqual({ type: event.type, data: { step: 's', data: large[0]?.ref } });
    expect(event.data.data).toEqual({ text: big });
  });
});
