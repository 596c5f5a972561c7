import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const bin = fileURLToPath(new URL('../../apps/cli/bin/aet.mjs', import.meta.url));

/** `aet` in a folder, with what it said and how it ended. */
export class FleetCommand implements AsyncDisposable {
  output = '';
  readonly exited: Promise<number | null>;
  private readonly child: ChildProcess;

  /** @param input what it reads on its standard input */
  constructor(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, input?: string) {
    this.child = spawn(process.execPath, [bin, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    this.child.stdin?.end(input);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => resolve(code));
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends a fleet that a failed test left up, so that no other test meets it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM');
    await this.exited;
  }
}

/** Runs to the end. */
export async function aet(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<{ code: number | null; output: string }> {
  const command = new FleetCommand(cwd, args, env, input);
  const code = await command.exited;
  return { code, output: command.output };
}

export interface FleetFile {
  supervisor: { pid: number };
  readyMs?: number;
  children: { id: string; name: string; phase: string; restarts: number; url?: string; process?: { pid: number } }[];
}

export const stateOf = (project: string): string => join(project, '.aet/state');

const fleetFile = (project: string): FleetFile =>
  JSON.parse(readFileSync(join(stateOf(project), 'fleet.json'), 'utf8')) as FleetFile;

/** Resolves when every process of the fleet is ready. */
export async function untilReady(project: string, timeoutMs = 60_000): Promise<FleetFile> {
  const ready = () => {
    try {
      const fleet = fleetFile(project);
      return fleet.readyMs !== undefined && fleet.children.every(({ phase }) => phase === 'ready') ? fleet : undefined;
    } catch {
      return undefined;
    }
  };
  await expect.poll(ready, { timeout: timeoutMs, interval: 100 }).toBeDefined();
  return ready() as FleetFile;
}

/** What lives on this machine and has the folder in its arguments, environment or working directory, but for this test. */
export function processesOf(folder: string): { pid: number; command: string; environment: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '');
        const ours = command.includes(folder) || environment.includes(folder);
        return ours && !state.startsWith('Z') ? [{ pid: Number(pid), command, environment }] : [];
      } catch {
        return [];
      }
    });
}

/** The report files of a project, the latest last. */
export function reports(project: string): { markdown: string; json: ReviewReport }[] {
  const folder = join(project, '.aet/reports');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => ({
      json: JSON.parse(readFileSync(join(folder, name), 'utf8')) as ReviewReport,
      markdown: readFileSync(join(folder, name.replace(/\.json$/, '.md')), 'utf8'),
    }));
}

export interface ReviewReport {
  findings: { source: string; rule: string; severity: string; message: string; file?: string; line?: number; pointer?: string }[];
}

/** The API of a running fleet, as its token's owner. */
export async function api<T>(project: string, path: string): Promise<T> {
  const gateway = fleetFile(project).children.find(({ name }) => name === 'gateway');
  const token = readFileSync(join(stateOf(project), 'gateway.token'), 'utf8').trim();
  const response = await fetch(`${gateway?.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
