import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Line, line } from '../support/line.ts';

const BIN = fileURLToPath(new URL('../../../apps/cli/bin/aet.mjs', import.meta.url));
const ROUNDS = 15;
const READY_MS = 60_000;
const MIB = 2 ** 20;
/** Bytes of one kilobyte of /proc. */
const KIB = 1024;

/**
 * The same small task, `echo`, as a whole command: simple, and full against a fleet that runs already. One after the other, in turns, so that both meet the
 * same machine. Time: wall clock from the start of the command to its end, medians. Memory: the largest resident size of the simple command; of full mode that
 * of its command and the proportional sizes (PSS, shared pages in parts) of every process of the fleet that the task needs: nats-server, PostgreSQL,
 * orchestrator, one agent host and gateway. Left out: the supervisor, the hub, the Knowledge Manager, the registry.
 */
export async function* simpleBench(): AsyncGenerator<Line> {
  const project = mkdtempSync(join(tmpdir(), 'aet-bench-simple-'));
  mkdirSync(join(project, '.aet/agents'), { recursive: true });
  writeFileSync(
    join(project, '.aet/agents/echo.md'),
    '---\nname: echo\ndescription: Gives back.\naet:\n  executor: builtin\n---\n',
  );
  try {
    await up(project);
    const rounds = Array.from({ length: ROUNDS + 1 }, () => ({
      simple: measured(project, ['simple', 'echo', '-i', 'n=1']),
      full: measured(project, ['create', 'echo', '-i', 'n=1', '--follow']),
    })).slice(1);
    const time = (mode: 'simple' | 'full'): number => median(rounds.map((round) => round[mode].ms));
    yield line({
      bench: 'one small task, wall time of the whole command',
      value: time('simple'),
      unit: 'ms',
      peer: { name: 'the same against a running fleet', value: time('full') },
      goal: { text: '≤ 1/3 of the peer', reached: (_, ratio) => ratio <= 1 / 3 },
    });
    const memory = (mode: 'simple' | 'full'): number => median(rounds.map((round) => round[mode].bytes));
    yield line({
      bench: 'one small task, memory',
      value: memory('simple') / MIB,
      unit: 'MiB',
      peer: { name: 'the command and what the task needs of the fleet', value: (memory('full') + fleetBytes(project)) / MIB },
      goal: { text: '≤ 1/2 of the peer', reached: (_, ratio) => ratio <= 1 / 2 },
    });
  } finally {
    spawnSync(process.execPath, [BIN, 'down'], { cwd: project, stdio: 'ignore' });
    rmSync(project, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** In the background: its own process goes on without us. */
async function up(project: string): Promise<void> {
  const starting = spawn(process.execPath, [BIN, 'up', '--detach'], { cwd: project, stdio: 'ignore' });
  const code = await new Promise<number | null>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the fleet was not ready in time')), READY_MS);
    starting.once('exit', (ended) => {
      clearTimeout(timer);
      resolve(ended);
    });
  });
  if (code !== 0) throw new Error(`aet up ended with ${code}`);
}

/** GNU time says the largest resident size of what it ran. */
function measured(project: string, args: readonly string[]): { ms: number; bytes: number } {
  const startedAt = performance.now();
  const { status, stderr } = spawnSync('/usr/bin/env', ['bash', '-c', MEASURE, 'measure', process.execPath, BIN, ...args], {
    cwd: project,
    encoding: 'utf8',
  });
  const ms = performance.now() - startedAt;
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr}`);
  return { ms, bytes: Number(readFileSync(join(project, 'peak'), 'utf8')) * KIB };
}
/** Without `time` on every machine: the program writes its own peak when it ends. */
const MEASURE = `exec "$1" --import 'data:text/javascript,import{writeFileSync}from"node:fs";process.on("exit",()=>writeFileSync("peak",String(process.resourceUsage().maxRSS)))' "\${@:2}"`;

const NEEDED = ['nats-server', 'postgres', 'orchestrator', 'agent', 'gateway'];

function fleetBytes(project: string): number {
  const fleet = JSON.parse(readFileSync(join(project, '.aet/state/fleet.json'), 'utf8')) as {
    children: { name: string; process?: { pid: number } }[];
  };
  const seen = new Set<string>();
  return fleet.children
    .filter(({ name }) => NEEDED.some((needed) => name.startsWith(needed)))
    .filter(({ name }) => !name.startsWith('agent') || (!seen.has('agent') && seen.add('agent')))
    .flatMap(({ process: child }) => (child === undefined ? [] : familyOf(child.pid)))
    .reduce((sum, pid) => sum + proportionalBytes(pid), 0);
}

/** PostgreSQL is a family of processes. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => familyOf(Number(child))))];
}

function proportionalBytes(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * KIB;
  } catch {
    return 0; // it ended meanwhile
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
