import { PRIORITIES, Priority } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGING_MS, type Pick, type SchedulerState, choose, idleScheduler, mayHave, none, taken } from './scheduler.js';

const anyRoom = { any: true, critical: true };
const capabilities = ['a', 'b', 'c'];
const readyWith = (kinds: readonly Pick[], now = 0): SchedulerState =>
  kinds.reduce((state, kind) => mayHave(state, kind, now), idleScheduler);
const lanes = (priorities: readonly Priority[], of = ['a']): Pick[] =>
  priorities.flatMap((priority) => of.map((capability) => ({ priority, capability })));

/** Serves `count` tasks while every kind stays ready; `stepMs` passes with each. */
function serve(state: SchedulerState, count: number, stepMs: (index: number) => number): { picks: Pick[]; times: number[] } {
  const picks: Pick[] = [];
  const times: number[] = [];
  let now = 0;
  for (let index = 0; index < count; index++) {
    const pick = choose(state, now, anyRoom);
    if (pick === undefined) throw new Error('a lane with work was passed over');
    state = taken(state, pick, now);
    picks.push(pick);
    times.push(now);
    now += stepMs(index);
  }
  return { picks, times };
}
const countOf = (picks: readonly Pick[], priority: Priority): number => picks.filter((pick) => pick.priority === priority).length;

const kindArbitrary = fc.record({ priority: fc.constantFrom(...PRIORITIES), capability: fc.constantFrom(...capabilities) });
type Step = { kind: 'ready' | 'none' | 'serve'; pick: Pick; ms: number };
const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('ready' as const, 'none' as const, 'serve' as const),
  pick: kindArbitrary,
  ms: fc.integer({ min: 0, max: 200_000 }),
});
const anyHistory = fc.array(stepArbitrary, { maxLength: 60 });
function replay(steps: readonly Step[]): { state: SchedulerState; now: number } {
  let state = idleScheduler;
  let now = 0;
  for (const { kind, pick, ms } of steps) {
    now += ms;
    if (kind === 'ready') state = mayHave(state, pick, now);
    else if (kind === 'none') state = none(state, pick);
    else {
      const chosen = choose(state, now, anyRoom);
      if (chosen !== undefined) state = taken(state, chosen, now);
    }
  }
  return { state, now };
}
const isReady = (state: SchedulerState, { priority, capability }: Pick): boolean =>
  state.lanes[priority].ready.includes(capability);
const isOverdue = (state: SchedulerState, priority: Priority, now: number): boolean =>
  priority !== Priority.Critical &&
  state.lanes[priority].ready.length > 0 &&
  now - state.lanes[priority].waitingSince >= AGING_MS[priority];

describe('which task to ask for', () => {
  it('asks for nothing when nothing is ready, and always for something that is', () => {
    expect(choose(idleScheduler, 0, anyRoom)).toBeUndefined();
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { state, now } = replay(steps);
        const pick = choose(state, now, anyRoom);
        const someReady = PRIORITIES.some((priority) => state.lanes[priority].ready.length > 0);
        expect(pick !== undefined && isReady(state, pick)).toBe(someReady);
      }),
    );
  });

  it('goes to a critical task first, except before a lane that waited beyond its bound', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { state, now } = replay([
          ...steps,
          { kind: 'ready', pick: { priority: Priority.Critical, capability: 'a' }, ms: 0 },
        ]);
        const pick = choose(state, now, anyRoom);
        const overdue = PRIORITIES.filter((priority) => isOverdue(state, priority, now));
        expect(overdue.length === 0 ? [Priority.Critical] : overdue).toContain(pick?.priority);
      }),
    );
  });

  it('fills the kept slot with critical tasks only', () => {
    fc.assert(
      fc.property(anyHistory, (steps) => {
        const { state, now } = replay(steps);
        expect([undefined, Priority.Critical]).toContain(choose(state, now, { any: false, critical: true })?.priority);
        expect(choose(state, now, { any: false, critical: false })).toBeUndefined();
      }),
    );
  });

  it('shares 4:2:1 between high, normal and low, within one task', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (count) => {
        const { picks } = serve(readyWith(lanes([Priority.High, Priority.Normal, Priority.Low])), count, () => 0);
        for (const [priority, share] of [
          [Priority.High, 4],
          [Priority.Normal, 2],
          [Priority.Low, 1],
        ] as const) {
          expect(Math.abs(countOf(picks, priority) - (count * share) / 7)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('serves every lane with work within its bound, under any flood from above', () => {
    const stepMs = 5_000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: stepMs }), { minLength: 500, maxLength: 500 }), (durations) => {
        const { picks, times } = serve(readyWith(lanes(PRIORITIES)), 500, (index) => durations[index] ?? 1);
        for (const priority of [Priority.High, Priority.Normal, Priority.Low]) {
          const served = [0, ...times.filter((_, index) => picks[index]?.priority === priority), times.at(-1) ?? 0];
          const longest = Math.max(...served.slice(1).map((time, index) => time - (served[index] ?? 0)));
          // One step to notice, and one for each of the two other lanes that may be overdue as well.
          expect(longest).toBeLessThanOrEqual(AGING_MS[priority] + 3 * stepMs);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('takes the capabilities of a lane in turn', () => {
    const { picks } = serve(readyWith(lanes([Priority.Normal], capabilities)), 100, () => 1);
    const counts = capabilities.map((capability) => picks.filter((pick) => pick.capability === capability).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('gives a lane that was idle no claim on the past', () => {
    let state = readyWith(lanes([Priority.High]));
    for (let index = 0; index < 1_000; index++) state = taken(state, { priority: Priority.High, capability: 'a' }, index);
    state = mayHave(state, { priority: Priority.Low, capability: 'a' }, 1_000);
    const next: Pick[] = [];
    for (let index = 0; index < 10; index++) {
      const pick = choose(state, 1_001, anyRoom);
      if (pick === undefined) break;
      next.push(pick);
      state = taken(state, pick, 1_001);
    }
    expect(countOf(next, Priority.Low)).toBeLessThanOrEqual(3);
  });
});
