import { PRIORITIES, Priority } from '@aet/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AGING_MS,
  type Pick,
  type PlannedPull,
  type SchedulerState,
  type Terms,
  choose,
  fellShort,
  idleScheduler,
  mayHave,
  none,
  plan,
  taken,
} from './scheduler.js';

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

const withoutBounds: Omit<Terms, 'free'> = { ahead: () => 0, mayTake: (_, most) => most, isOpen: () => false };
const asked = (pulls: readonly PlannedPull[], priority?: Priority): number =>
  pulls.reduce((sum, { kind, batch }) => sum + (priority === undefined || kind.priority === priority ? batch : 0), 0);

describe('what to ask for at once', () => {
  const freeArbitrary = fc.integer({ min: -20, max: 300 });
  const aheadArbitrary = fc.integer({ min: 0, max: 64 });

  it('is never more than what is free and may come ahead, and one critical task', () => {
    fc.assert(
      fc.property(anyHistory, freeArbitrary, aheadArbitrary, (steps, free, ahead) => {
        const { state, now } = replay(steps);
        const { pulls } = plan(state, now, { ...withoutBounds, free, ahead: () => ahead });
        const usual = asked(pulls) - asked(pulls, Priority.Critical);
        expect(usual).toBeLessThanOrEqual(Math.max(free + ahead, 0));
        expect(asked(pulls)).toBeLessThanOrEqual(Math.max(free + ahead + 1, 0));
      }),
    );
  });

  it('is what asking one by one would be', () => {
    fc.assert(
      fc.property(anyHistory, fc.integer({ min: 0, max: 64 }), (steps, free) => {
        const { state: replayed, now } = replay(steps);
        // Without critical tasks, which may take one slot more.
        const state = capabilities.reduce(
          (left, capability) => none(left, { priority: Priority.Critical, capability }),
          replayed,
        );
        const { pulls } = plan(state, now, { ...withoutBounds, free });
        const one: Pick[] = [];
        let next = state;
        while (one.length < free) {
          const pick = choose(next, now, anyRoom);
          if (pick === undefined) break;
          one.push(pick);
          next = taken(next, pick, now);
        }
        for (const priority of PRIORITIES) expect(asked(pulls, priority)).toBe(countOf(one, priority));
      }),
    );
  });

  it('shares 4:2:1 within one task, whatever becomes free when', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 40 }), (frees) => {
        let state = readyWith(lanes([Priority.High, Priority.Normal, Priority.Low]));
        const counts = { high: 0, normal: 0, low: 0 };
        for (const free of frees) {
          const planned = plan(state, 0, { ...withoutBounds, free });
          state = planned.state;
          for (const { kind, batch } of planned.pulls) counts[kind.priority as keyof typeof counts] += batch;
        }
        const total = counts.high + counts.normal + counts.low;
        expect(total).toBe(frees.reduce((sum, free) => sum + free, 0));
        for (const [priority, share] of [
          ['high', 4],
          ['normal', 2],
          ['low', 1],
        ] as const)
          expect(Math.abs(counts[priority] - (total * share) / 7)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('serves every lane within its bound while critical tasks fill every slot, also when other pulls of the lane bring nothing', () => {
    const stepMs = 5_000;
    const step = fc.record({
      ms: fc.integer({ min: 1, max: stepMs }),
      free: fc.integer({ min: 1, max: 3 }),
      empty: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 400, maxLength: 400 }), (steps) => {
        // `b` holds work in each lane; `a` is announced again and again, and another host has its tasks.
        let state = readyWith(lanes(PRIORITIES, ['b']));
        const served = new Map<Priority, number>(PRIORITIES.map((priority) => [priority, 0]));
        let now = 0;
        for (const { ms, free, empty } of steps) {
          now += ms;
          if (empty) for (const kind of lanes([Priority.High, Priority.Normal, Priority.Low])) state = mayHave(state, kind, now);
          const planned = plan(state, now, { ...withoutBounds, free });
          state = planned.state;
          for (const pull of planned.pulls) {
            if (pull.kind.capability === 'b') served.set(pull.kind.priority, now);
            else state = fellShort(state, pull, 0);
          }
          for (const priority of [Priority.High, Priority.Normal, Priority.Low]) {
            // One step to notice, one for each lane that may be overdue as well, and one for each capability of the lane.
            expect(now - (served.get(priority) ?? 0)).toBeLessThanOrEqual(AGING_MS[priority] + 6 * stepMs);
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it('charges a lane only for what came', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 64 }), (free, came) => {
        const kinds = lanes([Priority.High]);
        const before = readyWith(kinds, 5);
        const { state, pulls } = plan(before, 100, { ...withoutBounds, free });
        const [pull] = pulls;
        if (pull === undefined) throw new Error('nothing was asked for');
        const got = Math.min(came, pull.batch);
        const after = fellShort(state, pull, got).lanes.high;
        expect(after.pass).toBe(before.lanes.high.pass + got * 2);
        expect(after.waitingSince).toBe(got === 0 ? 5 : 100);
        expect(after.ready).toEqual([]);
      }),
    );
  });

  it('waits for an open pull instead of asking the lanes below, but not with a critical task', () => {
    const state = readyWith(lanes([Priority.High, Priority.Low]));
    const isOpen = ({ priority }: Pick): boolean => priority === Priority.High;
    expect(plan(state, 0, { ...withoutBounds, free: 4, isOpen }).pulls).toEqual([]);
    const urgent = mayHave(state, { priority: Priority.Critical, capability: 'a' }, 0);
    expect(asked(plan(urgent, 0, { ...withoutBounds, free: 0, isOpen }).pulls, Priority.Critical)).toBe(1);
  });

  it('leaves out what the cell does not allow, and takes no more than it does', () => {
    const state = readyWith(lanes([Priority.High, Priority.Normal], ['a', 'b', 'c']));
    const permits: Record<string, number> = { a: 0, b: 2, c: 100 };
    const { pulls, held } = plan(state, 0, {
      ...withoutBounds,
      free: 20,
      mayTake: (of, most) => Math.min(permits[of] ?? 0, most),
    });
    const of = (capability: string): number => asked(pulls.filter(({ kind }) => kind.capability === capability));
    expect([of('a'), of('b'), of('c')]).toEqual([0, 2, 18]);
    expect(held.filter(({ capability }) => capability === 'a')).toHaveLength(2);
  });
});
