import { PRIORITIES, Priority } from '@aet/contracts';

/** A host takes by these shares while all lanes have work. Critical has none: it goes first. */
const WEIGHT: Readonly<Record<Priority, number>> = { critical: 8, high: 4, normal: 2, low: 1 };
/** A lane with work is served at least this often, whatever comes in above it. Milliseconds. */
export const AGING_MS: Readonly<Record<Priority, number>> = { critical: 0, high: 30_000, normal: 120_000, low: 600_000 };
/** Least common multiple of the weights: strides are whole numbers. */
const ONE_ROUND = 8;

/** The tasks of one priority. */
interface Lane {
  /** Capabilities that may have a task; the first is asked next. */
  ready: readonly string[];
  /** Since when it has work and was not served. Meaningless while nothing is ready. */
  waitingSince: number;
  /** Virtual time of stride scheduling: the lane that is furthest behind goes next. */
  pass: number;
}

export interface SchedulerState {
  lanes: Readonly<Record<Priority, Lane>>;
}

export interface Pick {
  priority: Priority;
  capability: string;
}

/** What the host can take now. */
export interface Room {
  /** Any task. */
  any: boolean;
  /** A critical one. */
  critical: boolean;
}

const EMPTY: Lane = { ready: [], waitingSince: 0, pass: 0 };
export const idleScheduler: SchedulerState = { lanes: { critical: EMPTY, high: EMPTY, normal: EMPTY, low: EMPTY } };

/**
 * The task to ask for next: a lane that waits beyond its bound, else a critical one, else by weight.
 * Stride scheduling gives each lane its share with an error of at most one task. Source: Waldspurger and Weihl, 1995.
 */
export function choose(state: SchedulerState, now: number, room: Room): Pick | undefined {
  const open = PRIORITIES.filter((priority) => state.lanes[priority].ready.length > 0);
  const lane = room.any ? firstOf(state, now, open) : open.find((priority) => room.critical && priority === Priority.Critical);
  const capability = lane === undefined ? undefined : state.lanes[lane].ready[0];
  return lane === undefined || capability === undefined ? undefined : { priority: lane, capability };
}

function firstOf(state: SchedulerState, now: number, open: readonly Priority[]): Priority | undefined {
  const overdue = open.filter(
    (priority) => priority !== Priority.Critical && now - state.lanes[priority].waitingSince >= AGING_MS[priority],
  );
  if (overdue.length > 0) return least(overdue, (priority) => state.lanes[priority].waitingSince + AGING_MS[priority]);
  if (open.includes(Priority.Critical)) return Priority.Critical;
  return least(open, (priority) => state.lanes[priority].pass);
}

/** There may be a task of that kind: one was published, or the stream was seen to hold one. */
export function mayHave(state: SchedulerState, { priority, capability }: Pick, now: number): SchedulerState {
  const lane = state.lanes[priority];
  if (lane.ready.includes(capability)) return state;
  if (lane.ready.length > 0) return withLane(state, priority, { ...lane, ready: [...lane.ready, capability] });
  // A lane that was idle saved up no claim: it joins where the busy lanes are.
  const busy = PRIORITIES.filter((other) => state.lanes[other].ready.length > 0).map((other) => state.lanes[other].pass);
  const floor = busy.length === 0 ? lane.pass : Math.min(...busy);
  return withLane(state, priority, { ready: [capability], waitingSince: now, pass: Math.max(lane.pass, floor) });
}

/** A task of that kind was taken; its capability goes to the end of its lane. */
export function taken(state: SchedulerState, { priority, capability }: Pick, now: number): SchedulerState {
  const lane = state.lanes[priority];
  const ready = [...lane.ready.filter((other) => other !== capability), capability];
  return withLane(state, priority, { ready, waitingSince: now, pass: lane.pass + ONE_ROUND / WEIGHT[priority] });
}

/** The stream had none of that kind. */
export function none(state: SchedulerState, { priority, capability }: Pick): SchedulerState {
  const lane = state.lanes[priority];
  return withLane(state, priority, { ...lane, ready: lane.ready.filter((other) => other !== capability) });
}

const withLane = (state: SchedulerState, priority: Priority, lane: Lane): SchedulerState => ({
  lanes: { ...state.lanes, [priority]: lane },
});

const least = <T>(items: readonly T[], by: (item: T) => number): T | undefined =>
  items.reduce<T | undefined>((best, item) => (best === undefined || by(item) < by(best) ? item : best), undefined);
