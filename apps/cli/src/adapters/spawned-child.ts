import { Unavailable } from '@aet/contracts';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, copyFileSync, fstatSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import type { ProcessIdentity } from '../domain/process-identity.js';
import { identityOf, signalGroup } from './process-table.js';

export interface SpawnCall {
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  uid?: number;
  gid?: number;
  /** Takes standard output and standard error. */
  output: string;
  /** A channel for messages; the child drains when it breaks. */
  ipc: boolean;
}

/** One generation before it; so a process' output takes at most twice that. Bytes. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/**
 * A child in a session and process group of its own: Ctrl-C in the terminal does not reach it, and a signal to its group reaches all that it
 * started there. Its output goes straight to a file, so it outlives us without a broken pipe.
 */
export class SpawnedChild {
  readonly exited: Promise<string>;
  readonly identity: ProcessIdentity;
  private gone = false;

  private constructor(
    private readonly child: ChildProcess,
    private readonly output: { path: string; from: number },
  ) {
    const pid = child.pid as number;
    // Read before anybody could reap it; the process is ours, so its id cannot be another's yet.
    this.identity = identityOf(pid) ?? { pid, start: 'gone' };
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.gone = true;
        // What it left in its group ends with it.
        signalGroup(pid, 'SIGKILL');
        resolve(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`);
      });
    });
  }

  /** @throws {Unavailable} when the program cannot be started. */
  static async spawn(call: SpawnCall): Promise<SpawnedChild> {
    boundOutput(call.output);
    const file = openSync(call.output, 'a', 0o600);
    const from = fstatSync(file).size;
    try {
      const child = spawn(call.program, [...call.args], {
        cwd: call.cwd,
        env: call.env,
        detached: true,
        stdio: call.ipc ? ['ignore', file, file, 'ipc'] : ['ignore', file, file],
        ...(call.uid === undefined ? {} : { uid: call.uid }),
        ...(call.gid === undefined ? {} : { gid: call.gid }),
      });
      if (child.pid === undefined) {
        const error = await new Promise<Error>((resolve) => child.once('error', resolve));
        throw new Unavailable(`${call.program} cannot be started: ${error.message}`, { cause: error });
      }
      child.on('error', () => undefined); // a send over a channel that just broke; the end of the child follows
      return new SpawnedChild(child, { path: call.output, from });
    } finally {
      closeSync(file);
    }
  }

  onMessage(listener: (message: unknown) => void): void {
    this.child.on('message', listener);
  }

  /** The last lines that this process printed. */
  lastLines(count: number): string[] {
    const { path, from } = this.output;
    try {
      // Cut meanwhile: all that stands there is newer.
      const text = readFileSync(path);
      return (text.length < from ? text : text.subarray(from)).toString('utf8').trimEnd().split('\n').slice(-count);
    } catch {
      return [];
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.gone) signalGroup(this.identity.pid, signal);
  }
}

/** A process appends, so its file can be cut at any time: what is written next begins at the new end. */
export function boundOutput(path: string): void {
  try {
    if (statSync(path).size <= MAX_OUTPUT_BYTES) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
