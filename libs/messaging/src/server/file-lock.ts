import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often a waiter looks again, in milliseconds. */
const LOOK_MS = 200;

/**
 * Runs `action` while a file with this process's id stands at `path`. A lock whose process is gone is taken over. Two waiters that find the
 * same dead lock at the same instant may both get in, so what happens inside must be harmless when done twice.
 */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  while (!(await isTaken(path))) {
    if (await holderIsGone(path)) await rm(path, { force: true });
    else await sleep(LOOK_MS);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function isTaken(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function holderIsGone(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  // An empty file is a lock in the instant between its creation and its content.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
