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

/** What a plan must respect. */
export interface Terms {
  /** Slots that nothing is in or on its way to. Below zero while more was asked for ahead. */
  free: number;
  /** Tasks of the capability that may be asked for beyond the slots: none but where tasks are very short. */
  ahead(capability: string): number;
  /** How many of the capability the cell lets begin now, up to `most`. */
  mayTake(capability: string, most: number): number;
  /** A pull of that kind is not answered yet. */
  isOpen(kind: Pick): boolean;
}

export interface PlannedPull {
  kind: Pick;
  batch: number;
  /** Since when its lane had waited, for the case that the pull brings nothing. */
  since: number;
}

export interface Plan {
  /** With all that is asked for counted as taken. */
  state: SchedulerState;
  pulls: PlannedPull[];
  /** Kinds that the cell does not let begin now; they are not ready any more. */
  held: Pick[];
}

/** Most tasks that one plan asks for: bounds its time with hundreds of slots. */
const LARGEST_PLAN = 256;

/**
 * What to ask for now, for all that is free: task after task by `choose`, those of one kind in one pull. Critical tasks may take one slot more.
 * A kind whose pull is still open is waited for; what is free does not go to the lanes below it meanwhile.
 */
export function plan(state: SchedulerState, now: number, terms: Terms): Plan {
  const pulls = new Map<string, PlannedPull>();
  const granted = new Map<string, number>();
  const held: Pick[] = [];
  for (let { free } = terms, asked = 0; asked < LARGEST_PLAN;) {
    const pick = allowed(state, now, { ...terms, free });
    if (pick === undefined) break;
    const permits = granted.get(pick.capability) ?? terms.mayTake(pick.capability, LARGEST_PLAN);
    if (permits < 1) {
      held.push(pick);
      granted.set(pick.capability, 0);
      state = none(state, pick);
      continue;
    }
    granted.set(pick.capability, permits - 1);
    const key = `${pick.priority} ${pick.capability}`;
    const pull = pulls.get(key);
    if (pull === undefined) pulls.set(key, { kind: pick, batch: 1, since: state.lanes[pick.priority].waitingSince });
    else pull.batch++;
    state = taken(state, pick, now);
    free--;
    asked++;
  }
  return { state, pulls: [...pulls.values()], held };
}

function allowed(state: SchedulerState, now: number, terms: Terms): Pick | undefined {
  const pick = choose(state, now, { any: true, critical: true });
  if (pick === undefined || fits(pick, terms)) return pick;
  if (pick.priority === Priority.Critical) return undefined;
  const critical = choose(state, now, { any: false, critical: true });
  return critical !== undefined && fits(critical, terms) ? critical : undefined;
}

function fits(pick: Pick, terms: Terms): boolean {
  const kept = pick.priority === Priority.Critical ? 1 : 0;
  return terms.free + kept + terms.ahead(pick.capability) > 0 && !terms.isOpen(pick);
}

/** A pull brought fewer than it asked for: the stream has no more of that kind now, and its lane is not charged for them. */
export function fellShort(state: SchedulerState, { kind, batch, since }: PlannedPull, got: number): SchedulerState {
  const lane = state.lanes[kind.priority];
  const pass = lane.pass - ((batch - got) * ONE_ROUND) / WEIGHT[kind.priority];
  const waitingSince = got === 0 ? Math.min(since, lane.waitingSince) : lane.waitingSince;
  return none(withLane(state, kind.priority, { ...lane, pass, waitingSince }), kind);
}

export const isReady = (state: SchedulerState, { priority, capability }: Pick): boolean =>
  state.lanes[priority].ready.includes(capability);

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
