import { RunEventType, type StoredRunEvent } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlap, type RunTail, tailFrom, take } from './run-tail.js';

const event = (sequence: number, length: number): StoredRunEvent =>
  ({
    type: sequence === length ? RunEventType.Completed : RunEventType.StepSkipped,
    data: {},
    runId: 'r',
    sequence,
    time: '2026-01-01T00:00:00.000Z',
    hash: '',
  }) as unknown as StoredRunEvent;
const log = (length: number): StoredRunEvent[] => Array.from({ length }, (_, i) => event(i + 1, length));
const sequences = (events: StoredRunEvent[]): number[] => events.map((e) => e.sequence);

describe('the join of replay and live', () => {
  it('hands on every event once and in order, however the pieces overlap, repeat and arrive', () => {
    const cases = fc.integer({ min: 1, max: 40 }).chain((length) =>
      fc.record({
        length: fc.constant(length),
        after: fc.integer({ min: 0, max: length }),
        pieces: fc.array(fc.tuple(fc.integer({ min: 0, max: length }), fc.integer({ min: 0, max: length }))),
      }),
    );
    fc.assert(
      fc.property(cases, ({ length, after, pieces }) => {
        const all = log(length);
        let tail: RunTail = tailFrom(after);
        const seen: number[] = [];
        for (const [from, count] of pieces) {
          const taken = take(tail, all.slice(from, from + count));
          seen.push(...sequences(taken.fresh));
          tail = taken.tail;
        }
        const rest = take(tail, all.slice(overlap(tail)));
        seen.push(...sequences(rest.fresh));
        expect(seen).toEqual(sequences(all.slice(after)));
        expect(rest.tail).toEqual({ last: length, ended: 'completed' });
      }),
    );
  });

  it('does not jump over a hole', () => {
    const taken = take(tailFrom(2), [event(4, 9), event(5, 9)]);
    expect(taken).toEqual({ tail: { last: 2 }, fresh: [] });
  });

  it.each([
    [RunEventType.Completed, 'completed'],
    [RunEventType.Failed, 'failed'],
    [RunEventType.Cancelled, 'cancelled'],
    [RunEventType.Redriven, undefined],
  ])('knows %s as the end of a run, or not', (type, ended) => {
    const last = { ...event(1, 9), type } as StoredRunEvent;
    expect(take(tailFrom(0), [last]).tail.ended).toBe(ended);
  });

  it('tells a reader who comes back after the end that the run has ended', () => {
    const tail = tailFrom(5);
    expect(overlap(tail)).toBe(4);
    expect(take(tail, [event(5, 5)])).toEqual({ tail: { last: 5, ended: 'completed' }, fresh: [] });
  });
});
