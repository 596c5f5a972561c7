import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parseProcStat, type ProcessIdentity, sameProcess } from '../domain/process-identity.js';

/** A new boot gives process ids and start ticks out again. Eight characters tell boots apart. */
let boot: string | undefined;
const bootId = (): string => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8));

/** Who has the process id now; undefined when nobody, or only a zombie. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
      return stat === undefined || stat.state === 'Z' ? undefined : { pid, start: `${stat.startTicks}-${bootId()}` };
    }
    const [state, ...start] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' })
      .trim()
      .split(/\s+/);
    return state === undefined || state === '' || state.startsWith('Z') ? undefined : { pid, start: start.join('-') };
  } catch {
    return undefined;
  }
}

export const isAlive = (identity: ProcessIdentity): boolean => sameProcess(identity, identityOf(identity.pid));

/** To the process' whole group, and only when the process id still belongs to that process. Says whether it was sent. */
export function signalGroupOf(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  return isAlive(identity) && signalGroup(identity.pid, signal);
}

/** To a group that is known to be ours: its leader is a child that was not reaped yet. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * Resident memory in bytes of the process and all its descendants, or of the process alone; shared pages count once where the system
 * says so.
 */
export function residentBytes(pid: number, options: { alone?: boolean } = {}): number | undefined {
  if (process.platform !== 'linux') return residentByPs(pid);
  const sizes = [pid, ...(options.alone === true ? [] : descendants(pid))]
    .map(proportionalBytes)
    .filter((size) => size !== undefined);
  return sizes.length === 0 ? undefined : sizes.reduce((sum, size) => sum + size, 0);
}

function residentByPs(pid: number): number | undefined {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim()) * 1024;
  } catch {
    return undefined;
  }
}

/** `Pss` divides a shared page among those who share it; without the right to read it, the plain resident set. */
function proportionalBytes(pid: number): number | undefined {
  for (const [file, field] of [
    [`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m],
    [`/proc/${pid}/status`, /^VmRSS:\s+(\d+) kB/m],
  ] as const) {
    try {
      const kilobytes = field.exec(readFileSync(file, 'latin1'))?.[1];
      if (kilobytes !== undefined) return Number(kilobytes) * 1024;
    } catch {
      // Gone, or not ours to read: the next file, or nothing.
    }
  }
  return undefined;
}

function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const below = (of: number): number[] => (parents.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.parent;
  } catch {
    return undefined;
  }
}
