import { AetError, assertNever } from '@aet/contracts';
import type { FleetPlan, PlannedProcess } from '../domain/fleet-plan.js';
import type { ProcessIdentity } from '../domain/process-identity.js';
import {
  type FleetAction,
  type FleetEvent,
  type FleetState,
  initialState,
  type Phase,
  supervise,
} from '../domain/supervision.js';
import type { Clock, Launched, Launcher } from './ports.js';

/** A planned process as it is now. */
export interface SupervisedProcess {
  planned: PlannedProcess;
  phase: Phase;
  restarts: number;
  identity?: ProcessIdentity;
  startedAtMs?: number;
  readyMs?: number;
  url?: string;
}

/** Told of everything that people or `fleet.json` should know. */
export interface SupervisorListener {
  /** After every change, before anything else happens. */
  changed(): void;
  restarting(process: PlannedProcess, reason: string, inMs: number): void;
  crashLoop(process: PlannedProcess, failures: number, reason: string): void;
}

/** Why the fleet did not come up. */
export interface BootFailure {
  process: PlannedProcess;
  reason: string;
}

interface Live {
  launched?: Launched;
  startedAtMs: number;
  readyMs?: number;
  url?: string;
  /** Wanted before there was anything to signal. */
  pending?: NodeJS.Signals;
}

/** Carries out what the reducer decides. Holds the children; knows nothing of how they are made. */
export class FleetSupervisor {
  private state: FleetState;
  private readonly live = new Map<string, Live>();
  private readonly timers = new Map<string, () => void>();
  private readonly byId: ReadonlyMap<string, PlannedProcess>;
  private readonly readiness = Promise.withResolvers<void>();
  private readonly end = Promise.withResolvers<void>();
  private readonly failedReadiness = new Map<string, { reason: string; fatal: boolean }>();
  private failure: BootFailure | undefined;

  constructor(
    private readonly plan: FleetPlan,
    private readonly launcher: Launcher,
    private readonly clock: Clock,
    private readonly listener: SupervisorListener,
  ) {
    this.state = initialState(plan);
    this.byId = new Map(plan.processes.map((process) => [process.id, process]));
  }

  /** Resolves when every process was ready at one moment; `ended` comes first when that is not to be. */
  get ready(): Promise<void> {
    return this.readiness.promise;
  }
  /** Resolves when the last process is gone: with the reason when the boot failed. */
  get ended(): Promise<BootFailure | undefined> {
    return this.end.promise.then(() => this.failure);
  }
  get stopping(): boolean {
    return this.state.mode !== 'running';
  }

  begin(): void {
    this.feed({ kind: 'begin' });
  }
  /** In the order of the plan's ranks, each process within its limit. */
  stop(): void {
    this.feed({ kind: 'stop' });
  }
  /** Everything at once. */
  kill(): void {
    this.feed({ kind: 'kill' });
  }

  processes(): SupervisedProcess[] {
    return this.plan.processes.map((planned) => {
      const { phase, restarts } = this.state.processes[planned.id] ?? { phase: 'ended' as const, restarts: 0 };
      const live = this.live.get(planned.id);
      return {
        planned,
        phase,
        restarts,
        ...(live?.launched === undefined ? {} : { identity: live.launched.identity }),
        ...(live === undefined ? {} : { startedAtMs: live.startedAtMs }),
        ...(live?.readyMs === undefined ? {} : { readyMs: live.readyMs }),
        ...(live?.url === undefined ? {} : { url: live.url }),
      };
    });
  }

  private feed(event: FleetEvent): void {
    const { state, actions } = supervise(this.plan, this.state, event, this.clock.now());
    this.state = state;
    this.listener.changed();
    for (const action of actions) this.perform(action);
  }

  private perform(action: FleetAction): void {
    switch (action.kind) {
      case 'start':
        return void this.start(this.planned(action.id));
      case 'terminate':
        return this.signal(action.id, this.planned(action.id).stop.signal);
      case 'kill':
        return this.signal(action.id, 'SIGKILL');
      case 'set-timer':
        return this.setTimer(action.id, action.afterMs);
      case 'clear-timer':
        return this.clearTimer(action.id);
      case 'say-restart':
        return this.listener.restarting(this.planned(action.id), action.reason, action.inMs);
      case 'say-crash-loop':
        return this.listener.crashLoop(this.planned(action.id), action.failures, action.reason);
      case 'fleet-ready':
        return this.readiness.resolve();
      case 'boot-failed':
        this.failure = { process: this.planned(action.id), reason: action.reason };
        return;
      case 'fleet-ended':
        return this.end.resolve();
      default:
        return assertNever(action);
    }
  }

  private async start(process: PlannedProcess): Promise<void> {
    const { id } = process;
    const live: Live = { startedAtMs: this.clock.now() };
    this.live.set(id, live);
    try {
      const launched = await this.launcher.launch(process);
      if (this.live.get(id) !== live) return launched.signal('SIGKILL'); // given up meanwhile
      live.launched = launched;
      this.listener.changed();
      if (live.pending !== undefined) launched.signal(live.pending);
      this.awaitReadiness(id, live, launched);
      const reason = await launched.exited;
      this.gone(id, live.pending === 'SIGKILL' ? `${reason} (it did not answer in time)` : reason);
    } catch (error) {
      if (this.live.get(id) === live) this.gone(id, messageOf(error), isFatal(error));
    }
  }

  private awaitReadiness(id: string, live: Live, launched: Launched): void {
    launched.ready.then(
      ({ url }) => {
        if (this.live.get(id) !== live) return;
        live.readyMs = this.clock.now() - live.startedAtMs;
        if (url !== undefined) live.url = url;
        this.feed({ kind: 'ready', id });
      },
      (error: unknown) => {
        if (this.live.get(id) !== live) return;
        // It lives and is of no use: its end, and with it the reason, follows.
        this.failedReadiness.set(id, { reason: messageOf(error), fatal: isFatal(error) });
        launched.signal('SIGKILL');
      },
    );
  }

  private gone(id: string, reason: string, fatal = false): void {
    const why = this.failedReadiness.get(id) ?? { reason, fatal };
    this.failedReadiness.delete(id);
    this.live.delete(id);
    this.feed({ kind: 'exited', id, ...why });
  }

  private signal(id: string, signal: NodeJS.Signals): void {
    const live = this.live.get(id);
    if (live === undefined) return;
    live.pending = signal;
    if (live.launched !== undefined) live.launched.signal(signal);
    // Nothing to kill yet: a download or a preparation is not waited for.
    else if (signal === 'SIGKILL') this.gone(id, 'it was given up before it was started');
  }

  private setTimer(id: string, afterMs: number): void {
    this.clearTimer(id);
    this.timers.set(
      id,
      this.clock.after(afterMs, () => {
        this.timers.delete(id);
        this.feed({ kind: 'due', id });
      }),
    );
  }

  private clearTimer(id: string): void {
    this.timers.get(id)?.();
    this.timers.delete(id);
  }

  private planned(id: string): PlannedProcess {
    const process = this.byId.get(id);
    if (process === undefined) throw new Error(`no process of the plan is called ${id}`);
    return process;
  }
}

/** Another try cannot help. */
const isFatal = (error: unknown): boolean => error instanceof AetError && !error.retryable;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
