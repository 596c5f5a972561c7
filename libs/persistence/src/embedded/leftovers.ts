import { pause } from '@aet/resilience';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { EmbeddedPostgresFailed } from './embedded-failed.js';

/** A server that lost its supervisor has time to end in order, then in haste, then none. Milliseconds each. */
const STEPS: readonly { signal: NodeJS.Signals; waitMs: number }[] = [
  { signal: 'SIGINT', waitMs: 5_000 }, // fast shutdown: rolls back, writes a checkpoint
  { signal: 'SIGQUIT', waitMs: 2_000 }, // immediate shutdown: recovery at the next start
  { signal: 'SIGKILL', waitMs: 3_000 },
];
/** Children of a server that was killed see that within moments and go by themselves. */
const ORPHANS_MS = 2_000;

/**
 * Frees a data folder for a new server: ends a server that still runs in it, waits until the children of a killed one are gone
 * (they hold its shared memory, and a new server refuses to start beside them), and removes a lock file that nobody holds.
 * Only for who owns the folder: a supervisor that is the only one.
 */
export async function clearLeftovers(dataDir: string): Promise<void> {
  const server = postmaster(dataDir);
  if (server === undefined && (await gone(dataDir, ORPHANS_MS))) return removeLock(dataDir);
  for (const { signal, waitMs } of STEPS) {
    const alone = postmaster(dataDir);
    const targets = alone === undefined || signal === 'SIGKILL' ? inhabitants(dataDir) : [alone];
    for (const pid of targets) send(pid, signal);
    if (await gone(dataDir, waitMs)) return removeLock(dataDir);
  }
  throw new EmbeddedPostgresFailed(
    `processes ${inhabitants(dataDir).join(', ')} of an earlier database in ${dataDir} cannot be ended: end them, then start again`,
  );
}

async function gone(dataDir: string, withinMs: number): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; await pause(25)) {
    if (inhabitants(dataDir).length === 0) return true;
  }
  return inhabitants(dataDir).length === 0;
}

const removeLock = (dataDir: string): void => rmSync(path.join(dataDir, 'postmaster.pid'), { force: true });

/** The server that holds the lock file, if it lives: its pid may have gone to somebody else since. */
function postmaster(dataDir: string): number | undefined {
  const file = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
  return inhabitants(dataDir).includes(pid) ? pid : undefined;
}

/** Processes that work in the data folder: PostgreSQL's server and its children have it as their current folder. */
function inhabitants(dataDir: string): number[] {
  if (!existsSync('/proc/self/cwd')) return fromLockFile(dataDir);
  const folder = realpathSync(dataDir);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && livesIn(pid, folder));
}

function livesIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder && isPostgres(pid);
  } catch {
    return servesFolder(pid, folder); // another user's process does not show its folder, but its arguments
  }
}

/** A shell that somebody opened in the folder is none of ours. */
const isPostgres = (pid: number): boolean => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres';

function servesFolder(pid: number, folder: string): boolean {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return isPostgres(pid) && args.includes('-D') && args.includes(folder);
  } catch {
    return false; // it ended meanwhile
  }
}

/** Without /proc (macOS): the lock's holder, if a process of that number lives. */
function fromLockFile(dataDir: string): number[] {
  const file = path.join(dataDir, 'postmaster.pid');
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : 0;
  return pid > 0 && send(pid, 0) ? [pid] : [];
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it ended meanwhile
  }
}
