import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';

export interface ProgramOptions {
  name: string;
  /** Module that is run by this Node, with a channel to us. */
  module: string;
  args?: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  logFile: string;
  onMessage?: (message: unknown) => void;
  /** Called for every start that became ready, the first included. */
  onReady?: () => void;
}

const READY_MS = 120_000;
const STOP_MS = 30_000;
/** A program that ended by itself is started again after this, as a supervisor would. Milliseconds. */
const AGAIN_MS = 200;

/** A service or a producer as a process of its own, with a supervisor that starts it again when it ends by itself. */
export class ChildProgram implements AsyncDisposable {
  /** How often it ended by itself. */
  deaths = 0;
  private readonly options: ProgramOptions;
  private child: ChildProcess | undefined;
  /** Whether its end is not our doing. */
  private wanted = false;
  private again: NodeJS.Timeout | undefined;
  private readonly endWithUs = (): void => void this.child?.kill('SIGKILL');

  private constructor(options: ProgramOptions) {
    this.options = options;
    process.once('exit', this.endWithUs);
  }

  static async start(options: ProgramOptions): Promise<ChildProgram> {
    const program = new ChildProgram(options);
    await program.launch();
    if (program.deaths === 0) return program;
    await program.kill();
    throw new Error(`${options.name} does not start: ${readFileSync(options.logFile, 'utf8').slice(-2_000)}`);
  }

  get name(): string {
    return this.options.name;
  }

  send(message: object): void {
    if (this.child?.connected === true) this.child.send(message, () => undefined);
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** In order. @throws when it does not end by itself */
  async stop(): Promise<void> {
    this.resume();
    const { signalCode } = (await this.end('SIGTERM')) ?? {};
    if (signalCode === 'SIGKILL')
      throw new Error(`${this.name} did not end within ${STOP_MS} ms of SIGTERM: see ${this.options.logFile}`);
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** Resolves when it is ready, or was ended meanwhile. Does nothing when it runs. */
  async launch(): Promise<void> {
    clearTimeout(this.again);
    this.wanted = true;
    if (this.child !== undefined) return;
    const child = this.spawn();
    this.child = child;
    child.on('error', () => undefined);
    child.once('exit', () => this.ended(child));
    await this.untilReady(child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    process.removeListener('exit', this.endWithUs);
  }

  private spawn(): ChildProcess {
    const { module, args = [], cwd, env, logFile } = this.options;
    const log = openSync(logFile, 'a');
    try {
      return fork(module, [...args], {
        cwd,
        env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
        // Not ours: a test runner's conditions are for its own modules.
        execArgv: [],
        stdio: ['ignore', log, log, 'ipc'],
      });
    } finally {
      closeSync(log);
    }
  }

  private untilReady(child: ChildProcess): Promise<void> {
    const { name, logFile, onMessage, onReady } = this.options;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${name} was not ready within ${READY_MS} ms: see ${logFile}`)), READY_MS);
      // One that is killed before it is ready did not fail to start: the next one follows.
      child.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
      child.on('message', (message) => {
        if ((message as { kind?: string }).kind !== 'ready') return onMessage?.(message);
        clearTimeout(late);
        onReady?.();
        resolve();
      });
    });
  }

  private ended(child: ChildProcess): void {
    if (this.child !== child) return;
    this.child = undefined;
    if (!this.wanted) return;
    this.deaths++;
    this.again = setTimeout(() => void this.launch(), AGAIN_MS);
  }

  private async end(signal: NodeJS.Signals): Promise<ChildProcess | undefined> {
    const { child } = this;
    this.wanted = false;
    clearTimeout(this.again);
    if (child === undefined) return undefined;
    const exited = once(child, 'exit');
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(force);
    return child;
  }
}
