import { endMarkedProcesses } from '@aet/executors';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Of this process. */
export const workOf = (pid: number): string => `aet-${pid}`;

/** Ends what processes of simple mode that were killed have left running, and removes their folders. Those that live are left alone. */
export async function endLeftovers(work: string): Promise<void> {
  if (!existsSync(work)) return;
  const dead = readdirSync(work).filter((name) => !isAlive(Number(/^aet-(\d+)$/.exec(name)?.[1] ?? process.pid)));
  if (dead.length === 0) return;
  const folders = dead.map((name) => join(work, name));
  // A program's folder for temporary files is its attempt's own: see the `command` executor.
  await endMarkedProcesses((variable) => folders.some((folder) => variable.startsWith(`TMPDIR=${folder}/`)));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
