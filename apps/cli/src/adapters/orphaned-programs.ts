import { pause } from '@aet/resilience';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';

const POLL_MS = 20;
/** A process that does not die of SIGKILL waits in the kernel: it is not waited for. */
const LIMIT_MS = 2_000;

/**
 * Ends what an agent host that was killed had started for its tasks, and deletes its work folders. Such a program leads a group of its own,
 * so it outlives its host; it is known by a `TMPDIR` at or below `workDir`, which the agent host gives to each. Without /proc there is no
 * such list: the programs end by themselves, the folders are deleted.
 */
export async function endOrphanedPrograms(workDir: string): Promise<void> {
  const until = performance.now() + LIMIT_MS;
  for (let found = killThoseOf(workDir); found > 0 && performance.now() < until; found = killThoseOf(workDir)) {
    await pause(POLL_MS);
  }
  await rm(workDir, { recursive: true, force: true, maxRetries: 3 });
}

/** Returns how many there still were. */
function killThoseOf(workDir: string): number {
  if (process.platform !== 'linux') return 0;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.filter((pid) => hasItsTemporaryFolderIn(workDir, pid) && kill(Number(pid))).length;
}

function hasItsTemporaryFolderIn(workDir: string, pid: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.some((word) => `${word}/`.startsWith(`TMPDIR=${workDir}/`));
  } catch {
    return false; // gone, or not ours to read
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
