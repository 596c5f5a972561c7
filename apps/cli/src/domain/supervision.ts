import { assertNever } from '@aet/contracts';
import type { FleetPlan, PlannedProcess } from './fleet-plan.js';

/**
 * The policy of the supervisor: a reducer. Effects (spawn, signal, timers, lines for people) happen elsewhere, from its actions.
 *
 * A process goes `waiting` (for what it needs) → `starting` → `ready`. When it ends by itself it is started again: at once the first time,
 * then after a backoff that doubles to 5 s, until it has been ready for a while. On `stop` the ranks end one after the other:
 * `stopping` → `ended`. Each process has at most one timer: start limit, backoff, or stop limit, by its phase.
 */
export type Phase = 'waiting' | 'starting' | 'ready' | 'backoff' | 'stopping' | 'ended';

export interface ProcessState {
  phase: Phase;
  /** Ends in a row without a stable time between them. */
  failures: number;
  /** Starts after the first, since the fleet began. */
  restarts: number;
  /** When it became ready, in the clock's milliseconds; absent unless ready. */
  readyAt?: number;
}

export interface FleetState {
  mode: 'running' | 'stopping' | 'ended';
  /** Whether all were ready at one moment. From then on nothing makes the supervisor give up. */
  wasReady: boolean;
  processes: Readonly<Record<string, ProcessState>>;
}

export type FleetEvent =
  | { kind: 'begin' }
  | { kind: 'ready'; id: string }
  /** It is gone, by itself or by a signal. `fatal`: another start cannot help. */
  | { kind: 'exited'; id: string; reason: string; fatal?: boolean }
  /** The process' timer went off. */
  | { kind: 'due'; id: string }
  | { kind: 'stop' }
  | { kind: 'kill' };

export type FleetAction =
  | { kind: 'start'; id: string }
  | { kind: 'terminate'; id: string }
  | { kind: 'kill'; id: string }
  /** Replaces the process' timer. */
  | { kind: 'set-timer'; id: string; afterMs: number }
  | { kind: 'clear-timer'; id: string }
  /** It ended by itself and will be started again after `inMs`. */
  | { kind: 'say-restart'; id: string; reason: string; inMs: number }
  | { kind: 'say-crash-loop'; id: string; failures: number; reason: string }
  | { kind: 'fleet-ready' }
  /** A process could not be brought up at all; the rest is stopped. */
  | { kind: 'boot-failed'; id: string; reason: string }
  | { kind: 'fleet-ended' };

export interface Step {
  state: FleetState;
  actions: FleetAction[];
}

/** A process that is not ready by then will not be. Milliseconds. */
const START_LIMIT_MS = 60_000;
/** Ready for so long: the next end is a first one again. Milliseconds. */
export const STABLE_MS = 10_000;
const BACKOFF_FIRST_MS = 250;
const BACKOFF_MAX_MS = 5_000;
/** So many ends in a row are a crash loop; before the fleet was ever ready, a reason to give up. */
export const CRASH_LOOP = 3;

export const initialState = (plan: FleetPlan): FleetState => ({
  mode: 'running',
  wasReady: false,
  processes: Object.fromEntries(plan.processes.map(({ id }) => [id, { phase: 'waiting', failures: 0, restarts: 0 }])),
});

/** What follows from an event at a time (any clock's milliseconds). Events about unknown processes change nothing. */
export function supervise(plan: FleetPlan, state: FleetState, event: FleetEvent, at: number): Step {
  const draft = new Draft(plan, state);
  switch (event.kind) {
    case 'begin':
      draft.startWhatCan();
      break;
    case 'ready':
      draft.ready(event.id, at);
      break;
    case 'exited':
      draft.exited(event, at);
      break;
    case 'due':
      draft.due(event.id);
      break;
    case 'stop':
      draft.stop();
      break;
    case 'kill':
      draft.kill();
      break;
    default:
      assertNever(event);
  }
  return draft.step();
}

/** Milliseconds before the start that follows the given number of ends in a row. */
export const restartDelayMs = (failures: number): number =>
  failures <= 1 ? 0 : Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** (failures - 2));

/** The next state while it is being made. Lives for one step. */
class Draft {
  private readonly actions: FleetAction[] = [];
  private readonly processes: Record<string, ProcessState>;
  private mode: FleetState['mode'];
  private wasReady: boolean;

  constructor(
    private readonly plan: FleetPlan,
    state: FleetState,
  ) {
    this.processes = { ...state.processes };
    this.mode = state.mode;
    this.wasReady = state.wasReady;
  }

  step(): Step {
    return { state: { mode: this.mode, wasReady: this.wasReady, processes: this.processes }, actions: this.actions };
  }

  startWhatCan(): void {
    if (this.mode !== 'running') return;
    for (const process of this.plan.processes) {
      if (this.phase(process.id) === 'waiting' && process.needs.every((need) => this.phase(need) === 'ready'))
        this.start(process.id);
    }
  }

  ready(id: string, at: number): void {
    if (this.phase(id) !== 'starting') return;
    this.change(id, { phase: 'ready', readyAt: at });
    this.actions.push({ kind: 'clear-timer', id });
    this.startWhatCan();
    if (!this.wasReady && this.plan.processes.every((process) => this.phase(process.id) === 'ready')) {
      this.wasReady = true;
      this.actions.push({ kind: 'fleet-ready' });
    }
  }

  exited({ id, reason, fatal }: Extract<FleetEvent, { kind: 'exited' }>, at: number): void {
    const before = this.processes[id];
    if (before === undefined || before.phase === 'ended' || before.phase === 'waiting' || before.phase === 'backoff') return;
    this.actions.push({ kind: 'clear-timer', id });
    if (this.mode !== 'running') {
      this.change(id, { phase: 'ended' });
      this.stopNextRank();
      return;
    }
    const stable = before.readyAt !== undefined && at - before.readyAt >= STABLE_MS;
    const failures = (stable ? 0 : before.failures) + 1;
    this.change(id, { failures });
    if (!this.wasReady && (fatal === true || failures >= CRASH_LOOP)) this.giveUp(id, reason);
    else this.startAgain(id, failures, reason);
  }

  due(id: string): void {
    const phase = this.phase(id);
    if (phase === 'backoff') {
      this.change(id, { phase: 'waiting' });
      this.startWhatCan();
    } else if (phase === 'starting' || phase === 'stopping') {
      this.actions.push({ kind: 'kill', id });
    }
  }

  stop(): void {
    if (this.mode !== 'running') return;
    this.mode = 'stopping';
    for (const { id } of this.plan.processes) {
      const phase = this.phase(id);
      if (phase === 'waiting' || phase === 'backoff') {
        this.change(id, { phase: 'ended' });
        this.actions.push({ kind: 'clear-timer', id });
      }
    }
    this.stopNextRank();
  }

  kill(): void {
    this.stop();
    for (const { id } of this.plan.processes) {
      if (this.phase(id) !== 'ended') this.actions.push({ kind: 'kill', id });
    }
  }

  private start(id: string): void {
    this.change(id, { phase: 'starting' });
    this.actions.push({ kind: 'start', id }, { kind: 'set-timer', id, afterMs: START_LIMIT_MS });
  }

  private startAgain(id: string, failures: number, reason: string): void {
    const inMs = restartDelayMs(failures);
    this.change(id, { phase: 'backoff', restarts: (this.processes[id]?.restarts ?? 0) + 1 });
    this.actions.push({ kind: 'say-restart', id, reason, inMs });
    if (failures % CRASH_LOOP === 0) this.actions.push({ kind: 'say-crash-loop', id, failures, reason });
    if (inMs === 0) this.due(id);
    else this.actions.push({ kind: 'set-timer', id, afterMs: inMs });
  }

  private giveUp(id: string, reason: string): void {
    this.change(id, { phase: 'ended' });
    this.actions.push({ kind: 'boot-failed', id, reason });
    this.stop();
  }

  /** Ends the lowest rank that still has living processes; says so when none is left. */
  private stopNextRank(): void {
    const living = this.plan.processes.filter(({ id }) => this.phase(id) !== 'ended');
    if (living.length === 0) {
      if (this.mode !== 'ended') this.actions.push({ kind: 'fleet-ended' });
      this.mode = 'ended';
      return;
    }
    const rank = Math.min(...living.map((process) => process.stop.rank));
    for (const process of living) if (process.stop.rank === rank) this.terminate(process);
  }

  private terminate({ id, stop }: PlannedProcess): void {
    if (this.phase(id) === 'stopping') return;
    this.change(id, { phase: 'stopping' });
    this.actions.push({ kind: 'terminate', id }, { kind: 'set-timer', id, afterMs: stop.limitMs });
  }

  private phase(id: string): Phase | undefined {
    return this.processes[id]?.phase;
  }

  /** Being ready is a matter of the present phase: any other one forgets since when. */
  private change(id: string, change: Partial<ProcessState>): void {
    const before = this.processes[id];
    if (before === undefined) return;
    const { readyAt, ...rest } = { ...before, ...change };
    this.processes[id] = rest.phase === 'ready' && readyAt !== undefined ? { ...rest, readyAt } : rest;
  }
}
