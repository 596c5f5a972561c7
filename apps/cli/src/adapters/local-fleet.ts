import { type AetConfig, findHome, loadConfig } from '@aet/config';
import { AetError, ErrorCode } from '@aet/contracts';
import { type BootFailure, FleetSupervisor, type SupervisorListener } from '../application/fleet-supervisor.js';
import { type FleetPlan, planFleet, type PlannedProcess, shownName } from '../domain/fleet-plan.js';
import { FLEET_RECORD_VERSION, type FleetRecord } from '../domain/fleet-record.js';
import type { ProcessIdentity } from '../domain/process-identity.js';
import { CellRuntime } from './cell-runtime.js';
import { FleetFile } from './fleet-file.js';
import { ensureGatewaySecrets, takeGivenSecrets } from './fleet-secrets.js';
import { FolderLock } from './folder-lock.js';
import { endLeftovers } from './leftovers.js';
import { LocalLauncher } from './local-launcher.js';
import { NatsServerRecipe } from './nats-server-recipe.js';
import { PostgresRecipe } from './postgres-recipe.js';
import { identityOf, signalGroupOf } from './process-table.js';
import { ServiceRecipe } from './service-recipe.js';
import { boundOutput } from './spawned-child.js';
import { crampedDisk, explainFolderError } from './state-errors.js';
import { StateFolder } from './state-folder.js';
import { systemClock } from './system-clock.js';

export interface LocalFleetOptions {
  /** Folder that the fleet works for, and below which its state lies. */
  project: string;
  cells: readonly string[];
  slots?: number;
  /** Takes lines for people. */
  say: (line: string) => void;
}

/** The fleet of this folder runs already; commands that talk to it work. */
export class FleetRunsAlready extends AetError {
  readonly code = ErrorCode.Conflict;
}
export class BootFailed extends AetError {
  readonly code = ErrorCode.Unavailable;
}

const WATCH_OUTPUTS_MS = 10_000;

/** A fleet under supervision of this process, from the lock on the folder to the last process' end. */
export class LocalFleet implements SupervisorListener {
  private readonly beganAt = performance.now();
  private readonly startedAt = new Date();
  private readonly self: ProcessIdentity;
  private readonly file: FleetFile;
  private readonly supervisor: FleetSupervisor;
  private readonly outputWatch: NodeJS.Timeout;
  private readyMs: number | undefined;
  private saidUnwritten = false;
  private finished = false;

  private constructor(
    private readonly options: LocalFleetOptions,
    private readonly state: StateFolder,
    private readonly lock: FolderLock,
    readonly plan: FleetPlan,
    private readonly runtimes: ReadonlyMap<string, CellRuntime>,
  ) {
    this.self = identityOf(process.pid) ?? { pid: process.pid, start: '' };
    this.file = new FleetFile(state.fleetFile());
    const runtimeOf = (cell: string): CellRuntime => {
      const runtime = runtimes.get(cell);
      if (runtime === undefined) throw new Error(`the plan has no cell ${cell}`);
      return runtime;
    };
    const portIsKnown = (): boolean => this.readyMs !== undefined;
    const launcher = new LocalLauncher({
      'nats-server': new NatsServerRecipe({ runtimeOf, portIsKnown, cells: plan.cells, say: options.say }),
      postgres: new PostgresRecipe(runtimeOf, portIsKnown),
      service: new ServiceRecipe(findHome(), options.project, runtimeOf),
    });
    this.supervisor = new FleetSupervisor(plan, launcher, systemClock, this);
    this.outputWatch = setInterval(() => this.boundOutputs(), WATCH_OUTPUTS_MS);
    this.outputWatch.unref();
    process.once('exit', this.endWithUs);
  }

  /** Takes the folder, ends what an earlier supervisor left, prepares the cells. @throws {FleetRunsAlready} {ConfigInvalid} {FolderRefused} */
  static async open(options: LocalFleetOptions): Promise<LocalFleet> {
    const state = new StateFolder(options.project);
    // Read first: an invalid configuration must not leave a trace.
    const config = readConfig(options);
    let lock: FolderLock | undefined;
    try {
      state.create();
      lock = await takeLock(state);
      await clearStale(state, options.say);
      ensureGatewaySecrets(state);
      const given = takeGivenSecrets(state, process.env, options.cells.length);
      const plan = planFleet({
        cells: options.cells,
        embeddedDatabase: given.databaseUrlFile === undefined,
        drainMs: config.work.drainMs,
        ...(options.slots === undefined ? {} : { slots: options.slots }),
      });
      const ledger = new Set<number>();
      const runtimes = new Map(plan.cells.map((cell) => [cell.name, new CellRuntime(cell, state, given, ledger)]));
      for (const runtime of runtimes.values()) await runtime.prepare();
      return new LocalFleet(options, state, lock, plan, runtimes);
    } catch (error) {
      lock?.[Symbol.dispose]();
      throw explainFolderError(error);
    }
  }

  /** Resolves when the fleet is ready. @throws {BootFailed} when it cannot be; what was started is stopped then. */
  async start(): Promise<void> {
    this.supervisor.begin();
    const failure = await Promise.race([this.supervisor.ready.then(() => 'ready' as const), this.supervisor.ended]);
    if (failure === 'ready') {
      this.readyMs = performance.now() - this.beganAt;
      this.changed();
      return;
    }
    this.finish();
    throw new BootFailed(failure === undefined ? 'the fleet was stopped before it was ready' : this.explain(failure), {
      details: failure,
    });
  }

  /** Ends in order. Resolves when nothing is left. */
  async stop(): Promise<void> {
    this.supervisor.stop();
    await this.supervisor.ended;
    this.finish();
  }
  kill(): void {
    this.supervisor.kill();
  }
  get ended(): Promise<BootFailure | undefined> {
    return this.supervisor.ended;
  }

  /** What `fleet.json` holds now. */
  record(): FleetRecord {
    return {
      version: FLEET_RECORD_VERSION,
      project: this.options.project,
      supervisor: this.self,
      startedAt: this.startedAt.toISOString(),
      ...(this.readyMs === undefined ? {} : { readyMs: Math.round(this.readyMs) }),
      cells: this.plan.cells.map((cell) => cell.name),
      children: this.supervisor.processes().map(({ planned, phase, restarts, identity, startedAtMs, readyMs, url }) => ({
        id: planned.id,
        name: planned.name,
        cell: planned.cell,
        kind: planned.kind,
        ...(planned.service === undefined ? {} : { service: planned.service }),
        phase,
        restarts,
        ...(identity === undefined ? {} : { process: identity }),
        ...(startedAtMs === undefined ? {} : { startedAt: new Date(performance.timeOrigin + startedAtMs).toISOString() }),
        ...(readyMs === undefined ? {} : { readyMs: Math.round(readyMs) }),
        ...(url === undefined ? {} : { url }),
      })),
    };
  }

  get stateFolder(): StateFolder {
    return this.state;
  }

  /** A full disk must not end a fleet that works: the file is written again at the next change. */
  changed(): void {
    if (this.finished) return;
    try {
      this.file.write(this.record());
      this.saidUnwritten = false;
    } catch (error) {
      if (!this.saidUnwritten) this.options.say(`warning: ${(explainFolderError(error) as Error).message}`);
      this.saidUnwritten = true;
    }
  }
  restarting(process: PlannedProcess, reason: string, inMs: number): void {
    const when = inMs === 0 ? 'starting it again' : `starting it again in ${inMs / 1000} s`;
    this.options.say(`${this.nameOf(process)} is gone: ${reason}; ${when}`);
  }
  crashLoop(process: PlannedProcess, failures: number, reason: string): void {
    const log = this.runtimes.get(process.cell)?.folder.outputOf(process.name) ?? '';
    this.options.say(`warning: ${this.nameOf(process)} ended ${failures} times in a row (${reason}): see ${log}`);
  }

  private explain({ process, reason }: BootFailure): string {
    const cramped = crampedDisk(this.state.root);
    return `${this.nameOf(process)} cannot be started: ${reason}${cramped === undefined ? '' : `; ${cramped}`}`;
  }

  private nameOf(process: PlannedProcess): string {
    return shownName(process, this.plan);
  }

  private boundOutputs(): void {
    for (const { cell, name } of this.plan.processes) {
      const output = this.runtimes.get(cell)?.folder.outputOf(name);
      if (output === undefined) continue;
      try {
        boundOutput(output);
      } catch {
        // The next round tries again; a log that grows for ten seconds more does no harm.
      }
    }
  }

  /** A defect of ours must not leave servers behind: their own stop signal is the last thing that we do. */
  private readonly endWithUs = (): void => {
    for (const { planned, identity } of this.supervisor.processes()) {
      if (identity !== undefined) signalGroupOf(identity, planned.stop.signal);
    }
  };

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    process.off('exit', this.endWithUs);
    clearInterval(this.outputWatch);
    this.file.remove();
    this.lock[Symbol.dispose]();
  }
}

function readConfig({ project }: LocalFleetOptions): AetConfig {
  return loadConfig({ cwd: project, env: process.env }).config;
}

async function takeLock(state: StateFolder): Promise<FolderLock> {
  const lock = await FolderLock.take(state.lockDir());
  if (lock instanceof FolderLock) return lock;
  throw new FleetRunsAlready(
    `a fleet runs in this folder already (pid ${lock.pid}): look at it with \`aet status\`, or stop it with \`aet down\``,
  );
}

/** With the lock in hand, whoever stands in the file is dead or was never us. */
async function clearStale(state: StateFolder, say: (line: string) => void): Promise<void> {
  const file = new FleetFile(state.fleetFile());
  const record = file.read();
  const ended = await endLeftovers(record, state);
  const who = record === undefined ? '' : ` (pid ${record.supervisor.pid})`;
  if (ended.length > 0) say(`ended what a killed supervisor${who} left: ${ended.join(', ')}`);
  file.remove();
}
