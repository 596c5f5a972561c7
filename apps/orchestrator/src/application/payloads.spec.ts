import { INLINE_PAYLOAD_BYTES, NotFound, type PayloadRef, type RunEvent, RunEventType } from '@aet/contracts';
import { PayloadNeeded } from '@aet/runs';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LoadedPayloads } from './loaded-payloads.js';
import { Payloads } from './payloads.js';

const refOf = (text: string): PayloadRef => ({
  $payload: { sha256: createHash('sha256').update(text).digest('hex'), bytes: Buffer.byteLength(text), cell: 'c1' },
});

/** A store in memory that counts what is asked of it. */
function one() {
  const texts = new Map<string, string>();
  let loads = 0;
  const keeper = {
    put: (text: string) => (texts.set(refOf(text).$payload.sha256, text), Promise.resolve(refOf(text))),
    get: (sha256: string) => {
      loads += 1;
      const text = texts.get(sha256);
      return text === undefined ? Promise.reject(new NotFound('gone')) : Promise.resolve(text);
    },
  };
  const loaded = new LoadedPayloads(1_000);
  return { payloads: new Payloads(keeper, loaded, 'c1'), loaded, texts, keeper, loads: () => loads };
}

describe('the large values of runs', () => {
  it('are stored before the events that refer to them', async () => {
    const { payloads, texts } = one();
    const output = 'x'.repeat(INLINE_PAYLOAD_BYTES);
    const small: RunEvent = { type: RunEventType.Started, data: {} };
    const light = await payloads.light([small, { type: RunEventType.Completed, data: { output } }]);
    expect(light).toEqual([small, { type: RunEventType.Completed, data: { output: refOf(JSON.stringify(output)) } }]);
    expect([...texts.values()]).toEqual([JSON.stringify(output)]);
    expect(await payloads.light([small])).toEqual([small]);
  });

  it('are loaded when a decision looks into them, once', async () => {
    const { payloads, loaded, keeper, loads } = one();
    const refs = [await keeper.put('"a"'), await keeper.put('"b"')];
    const decision = () =>
      refs.map((ref) => {
        const { sha256 } = ref.$payload;
        if (!loaded.has(sha256)) throw new PayloadNeeded(ref);
        return loaded.get(sha256);
      });
    expect(await payloads.decided(decision)).toEqual(['a', 'b']);
    expect(await payloads.decided(decision)).toEqual(['a', 'b']);
    expect(loads()).toBe(2);
  });

  it('that are gone are told, and a decision that never has enough is given up', async () => {
    const { payloads, keeper } = one();
    const missing = refOf('"z"');
    expect(await payloads.has(missing)).toBe(false);
    const looking = (ref: PayloadRef) =>
      payloads.decided(() => {
        throw new PayloadNeeded(ref);
      });
    await expect(looking(missing)).rejects.toBeInstanceOf(NotFound);
    const there = await keeper.put('"there"');
    expect(await payloads.has(there)).toBe(true);
    await expect(looking(there)).rejects.toThrow(/more than 100 large values/);
  });

  it('at hand make room for newer ones, by their size', () => {
    const loaded = new LoadedPayloads(10);
    const sized = (name: string, bytes: number): PayloadRef => ({ $payload: { sha256: name, bytes, cell: 'c1' } });
    for (const [name, bytes] of [
      ['a', 4],
      ['b', 4],
      ['a', 4],
      ['c', 4],
    ] as const)
      loaded.keep(sized(name, bytes), name);
    expect([...loaded.keys()]).toEqual(['a', 'c']);
    loaded.keep(sized('large', 100), 'large');
    expect([...loaded.keys()]).toEqual(['large']);
  });
});
