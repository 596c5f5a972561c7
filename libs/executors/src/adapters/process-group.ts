import { endMarkedProcesses } from './marked-processes.js';
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { LineSplitter } from './line-splitter.js';
import { OutputTail } from './output-tail.js';

export interface ProgramCall {
  program: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment of the program: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. */
  input?: string;
  /** Aborted: SIGTERM to the whole group, SIGKILL after `KILL_AFTER_MS`. */
  signal: AbortSignal;
  /** Each line of both outputs, as it comes. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Bytes kept, always the last ones; default none. `both` is the two outputs in the order in which they came. */
  keep: { stdout?: number; stderr?: number; both?: number };
  /** `NAME=value` of `env` that no other program has: what left the group is found by it, and ends too. */
  marker?: string;
}

export interface ProgramEnd {
  /** Absent when a signal ended it. */
  exitCode?: number;
  endedBy?: NodeJS.Signals;
  stdout: string;
  stderr: string;
  both: string;
  /** Whether standard output was longer than what was kept. */
  truncated: boolean;
  /** Whether `signal` was aborted before the program ended. */
  stopped: boolean;
  durationMs: number;
}

/** There is no such program, or it must not be run; a sentence that says which. */
export class ProgramNotStarted extends Error {
  constructor(program: string, cause: NodeJS.ErrnoException) {
    const why = cause.code === 'ENOENT' ? 'it was not found' : (cause.code ?? cause.message);
    super(`the program ${program} could not be started: ${why}`, { cause });
  }
}

/** Between asking and killing. Milliseconds. */
const KILL_AFTER_MS = 2_000;

/**
 * Runs a program without a shell as the leader of its own process group, and leaves none of the group behind, however it ends.
 * @throws {ProgramNotStarted} the only reason to reject.
 */
export async function runProgram(call: ProgramCall): Promise<ProgramEnd> {
  const startedAt = performance.now();
  const child = start(call);
  const outputs = new Outputs(child, call);
  const group = new ProcessGroup(child, call.marker);
  // A program may end without reading its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(call.input ?? '');
  const stop = (): void => group.stop();
  call.signal.addEventListener('abort', stop, { once: true });
  if (call.signal.aborted) stop();
  try {
    const [exitCode, endedBy] = await ended(child, call.program, group);
    return {
      ...(exitCode === null ? {} : { exitCode }),
      ...(endedBy === null ? {} : { endedBy }),
      ...outputs.end(),
      stopped: group.stopped,
      durationMs: Math.round(performance.now() - startedAt),
    };
  } finally {
    call.signal.removeEventListener('abort', stop);
    await group.kill();
  }
}

/** Most failures of a start come later as an event; some, such as too long arguments, are thrown. */
function start({ program, args, cwd, env }: ProgramCall): ChildProcessWithoutNullStreams {
  try {
    return spawn(program, [...args], { cwd, env: { ...env }, detached: true, stdio: 'pipe' });
  } catch (error) {
    throw new ProgramNotStarted(program, error as NodeJS.ErrnoException);
  }
}

/** The program's own end, and the end of its outputs. What it left behind and holds them open ends with it, or is not listened to. */
function ended(
  child: ChildProcessWithoutNullStreams,
  program: string,
  group: ProcessGroup,
): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new ProgramNotStarted(program, error)));
    child.once('exit', () => {
      void group.kill();
      const deaf = setTimeout(() => [child.stdout, child.stderr].forEach((output) => output.destroy()), KILL_AFTER_MS);
      child.once('close', (code, signal) => {
        clearTimeout(deaf);
        resolve([code, signal]);
      });
    });
  });
}

/** What was started as one group, and what left it but still carries the marker. */
class ProcessGroup {
  stopped = false;
  private impatience: NodeJS.Timeout | undefined;

  constructor(
    private readonly leader: ChildProcess,
    private readonly marker: string | undefined,
  ) {}

  /** Asks first, then kills. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.signal('SIGTERM');
    this.impatience = setTimeout(() => void this.kill(), KILL_AFTER_MS);
  }

  async kill(): Promise<void> {
    clearTimeout(this.impatience);
    this.signal('SIGKILL');
    const { marker } = this;
    if (marker !== undefined) await endMarkedProcesses((variable) => variable === marker);
  }

  private signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.leader.pid === undefined) return;
    try {
      process.kill(-this.leader.pid, signal);
    } catch {
      // ESRCH: the group is empty. EPERM (macOS): only ended processes that wait for their parent are left of it.
    }
  }
}

/** The two outputs of a program: their lines as they come, their ends for later. */
class Outputs {
  private readonly stdout: OutputTail;
  private readonly stderr: OutputTail;
  private readonly both: OutputTail;
  private readonly splitters: LineSplitter[] = [];

  constructor(child: ChildProcessWithoutNullStreams, { keep, onLine }: ProgramCall) {
    this.stdout = new OutputTail(keep.stdout ?? 0);
    this.stderr = new OutputTail(keep.stderr ?? 0);
    this.both = new OutputTail(keep.both ?? 0);
    for (const name of ['stdout', 'stderr'] as const) {
      const lines = new LineSplitter((line) => onLine?.(line, name));
      this.splitters.push(lines);
      child[name].on('data', (chunk: Buffer) => {
        this[name].add(chunk);
        this.both.add(chunk);
        lines.add(chunk);
      });
    }
  }

  end(): Pick<ProgramEnd, 'stdout' | 'stderr' | 'both' | 'truncated'> {
    for (const lines of this.splitters) lines.end();
    const { stdout, stderr, both } = this;
    return { stdout: stdout.text(), stderr: stderr.text(), both: both.text(), truncated: stdout.truncated };
  }
}
