import { type ChildProcess, fork } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';

export interface ProgramOptions {
  module: string;
  args?: readonly string[];
  cwd: string;
  env?: Readonly<Record<string, string>>;
  logFile: string;
  /** For Node itself, such as `--cpu-prof`. */
  execArgv?: readonly string[];
}

/** A process of the bench that says `ready` over its channel. */
export class Program implements AsyncDisposable {
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
  }

  static async start({ module, args = [], cwd, env = {}, logFile, execArgv = [] }: ProgramOptions): Promise<Program> {
    const log = openSync(logFile, 'a');
    const child = fork(module, [...args], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
      execArgv: [...execArgv],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    const program = new Program(child);
    await program.told('ready').catch((error: unknown) => {
      throw new Error(`${module} did not start: ${readFileSync(logFile, 'utf8').slice(-2_000)}`, { cause: error });
    });
    return program;
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  send(message: object): void {
    this.child.send(message);
  }

  /** Every message of that kind, until disposed of. */
  hear(kind: string, heard: (message: unknown) => void): Disposable {
    const listen = (message: { kind: string }): void => {
      if (message.kind === kind) heard(message);
    };
    this.child.on('message', listen);
    return { [Symbol.dispose]: () => void this.child.off('message', listen) };
  }

  /** The next message of that kind. @throws when the program ends instead. */
  told<T>(kind: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const listen = (message: { kind: string }): void => {
        if (message.kind !== kind) return;
        this.child.off('message', listen).off('exit', gone);
        resolve(message as T);
      };
      const gone = (code: number | null): void => reject(new Error(`a program of the bench ended with ${code}`));
      this.child.on('message', listen).once('exit', gone);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const force = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(force);
  }
}

/** Memory of a process that is in use now. Linux; elsewhere not a number. */
export function residentMb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
  } catch {
    return Number.NaN;
  }
}

/** User and system time of a process and of its ended and living children, from their start. Linux; elsewhere not a number. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) / 100;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
    return children.reduce((sum, child) => sum + cpuSeconds(Number(child)), own);
  } catch {
    return Number.NaN;
  }
}
