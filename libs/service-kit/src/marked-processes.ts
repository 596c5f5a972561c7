import { pause } from '@aet/resilience';
import { readdir, readFile } from 'node:fs/promises';

const POLL_MS = 10;
/** A process that does not die of SIGKILL waits in the kernel: it is not waited for any longer. */
const LIMIT_MS = 5_000;

/**
 * Kills every process that has a variable in its environment that is `marked` (`NAME=value`), and resolves when they are gone.
 * A program that makes itself a session of its own leaves its group, and one whose parent was killed has nobody left who knows it;
 * both keep the environment that they inherited. Linux only; elsewhere there is no such list and nothing happens.
 */
export async function endMarkedProcesses(marked: (variable: string) => boolean): Promise<void> {
  if (process.platform !== 'linux') return;
  const until = performance.now() + LIMIT_MS;
  while ((await killOnce(marked)) > 0 && performance.now() < until) await pause(POLL_MS);
}

/** Returns how many there still were. */
async function killOnce(marked: (variable: string) => boolean): Promise<number> {
  let found = 0;
  for (const name of await readdir('/proc').catch(() => [])) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    // Of an ended process that was not reaped yet the environment is empty.
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (environment.split('\0').some(marked) && kill(pid)) found += 1;
  }
  return found;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false; // it ended meanwhile
  }
}
