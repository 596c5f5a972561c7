import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { eventHash, GENESIS } from '../hash-chain.js';
import { DuplicateKey, type RunLog } from '../run-log.js';
import { completed, runCompleted, scheduled, submitted } from './run-events.js';

type Make = () => Promise<{ log: RunLog; other: RunLog }>;

/** What every implementation of `RunLog` must do. @param make a log on an empty store, and a second one on the same store */
export function runLogContract(name: string, make: Make): void {
  describe(`${name} keeps the contract of a run log`, () => {
    appendsAndReads(make);
    letsOneWin(make);
    keepsTheRecord(make);
  });
}

function appendsAndReads(make: Make): void {
  it('gives back what was appended, in order and without gaps', async () => {
    const { log } = await make();
    const runId = randomUUID();
    const first = await log.append(runId, 0, [submitted(), scheduled('a')]);
    expect(first).toMatchObject({ kind: 'appended', sequence: 2 });
    await log.append(runId, 2, [completed('a'), runCompleted()]);
    const events = await log.read(runId);
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(events.slice(0, 2)).toEqual(first.kind === 'appended' ? first.events : []);
    expect(events[1]).toMatchObject({ ...scheduled('a'), runId });
  });

  it('reads from a place, and a part', async () => {
    const { log } = await make();
    const runId = randomUUID();
    await log.append(runId, 0, [submitted(), scheduled('a'), scheduled('b'), scheduled('c')]);
    const sequences = async (after?: number, limit?: number) => (await log.read(runId, after, limit)).map((e) => e.sequence);
    expect(await sequences(2)).toEqual([3, 4]);
    expect(await sequences(1, 2)).toEqual([2, 3]);
    expect(await sequences(0, 1)).toEqual([1]);
    expect(await sequences(4)).toEqual([]);
    expect(await sequences(9)).toEqual([]);
    expect(await log.read(randomUUID())).toEqual([]);
  });

  it('appends all events of a call or none', async () => {
    const { log } = await make();
    const runId = randomUUID();
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    await expect(log.append(runId, 0, [submitted(), runCompleted(circular)])).rejects.toThrow(/circular/i);
    expect(await log.read(runId)).toEqual([]);
  });
}

function letsOneWin(make: Make): void {
  it('says who was first, and changes nothing', async () => {
    const { log, other } = await make();
    const runId = randomUUID();
    await log.append(runId, 0, [submitted(), scheduled('a')]);
    expect(await other.append(runId, 1, [completed('a')])).toEqual({ kind: 'conflict', sequence: 2 });
    expect(await other.append(runId, 0, [submitted()])).toEqual({ kind: 'conflict', sequence: 2 });
    expect(await other.append(runId, 7, [completed('a')])).toEqual({ kind: 'conflict', sequence: 2 });
    expect(await log.read(runId)).toHaveLength(2);
  });

  it('lets exactly one of two writers win each place, for a new run as well', async () => {
    const { log, other } = await make();
    const runId = randomUUID();
    for (let place = 0; place < 10; place++) {
      const event = place === 0 ? submitted() : scheduled(`s${place}`);
      const outcomes = await Promise.all([log.append(runId, place, [event]), other.append(runId, place, [event])]);
      expect(outcomes.map(({ kind }) => kind).toSorted((a, b) => a.localeCompare(b))).toEqual(['appended', 'conflict']);
    }
    expect((await log.read(runId)).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('makes one run of all submits with one idempotency key', async () => {
    const { log, other } = await make();
    const idempotencyKey = `key \0 \ud800 ${randomUUID()}`;
    const runs = Array.from({ length: 8 }, () => randomUUID());
    const results = await Promise.allSettled(
      runs.map((runId, i) => (i % 2 ? log : other).append(runId, 0, [submitted({ idempotencyKey }), scheduled('a')])),
    );
    const winner = runs[results.findIndex(({ status }) => status === 'fulfilled')]!;
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refusals).toHaveLength(7);
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(DuplicateKey);
      expect(refusal).toMatchObject({ existingRunId: winner });
    }
    const kept = await Promise.all(runs.map((runId) => log.read(runId)));
    expect(kept.filter((events) => events.length > 0)).toHaveLength(1);
  });
}

function keepsTheRecord(make: Make): void {
  it('chains every event to its predecessor by hash', async () => {
    const { log } = await make();
    const runId = randomUUID();
    await log.append(runId, 0, [submitted()]);
    await log.append(runId, 1, [scheduled('a'), completed('a')]);
    let prev = GENESIS;
    for (const event of await log.read(runId)) {
      const { sequence, type, time, data } = event;
      prev = eventHash(prev, { runId, sequence, type, time, data: JSON.stringify(data) });
      expect(event.hash).toBe(prev);
    }
  });

  it('keeps any text: NUL, half a surrogate pair, keys in their order', async () => {
    const { log } = await make();
    const runId = randomUUID();
    const output = { z: 'NUL \0 here', a: 'half \ud800 pair', '': '\udfff\u2028"\\', n: [1e21, -0.5, null, true] };
    await log.append(runId, 0, [submitted(), runCompleted(output)]);
    const [, last] = await log.read(runId);
    expect(last?.data).toEqual({ output });
    expect(JSON.stringify(last?.data)).toBe(JSON.stringify({ output }));
  });

  it('tells its listeners in the order of the commits, and survives their errors', async () => {
    const { log } = await make();
    const runId = randomUUID();
    const told: number[] = [];
    log.onCommitted(() => {
      throw new Error('a broken listener');
    });
    log.onCommitted((id, events) => {
      if (id === runId) told.push(...events.map(({ sequence }) => sequence));
    });
    await Promise.all(
      Array.from({ length: 20 }, (_, place) => log.append(runId, place, [place === 0 ? submitted() : scheduled(`s${place}`)])),
    );
    expect(told).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });
}
