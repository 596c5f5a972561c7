import { readdir, readFile } from 'node:fs/promises';

/**
 * Kills every process whose environment holds `marker` (`NAME=value`). A program that makes itself a session of its own leaves its group,
 * but keeps the environment that it inherited. Linux only; elsewhere there is no such list and nothing happens.
 */
export async function killMarked(marker: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    if (Number(pid) === process.pid) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(marker)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}
