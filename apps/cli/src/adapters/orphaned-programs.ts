import { endMarkedProcesses } from '@aet/executors';
import { rm } from 'node:fs/promises';

/**
 * Ends what an agent host that was killed had started for its tasks, and deletes its work folders. Such a program leads a group of its own,
 * so it outlives its host; it is known by a `TMPDIR` at or below `workDir`, which the agent host gives to each.
 */
export async function endOrphanedPrograms(workDir: string): Promise<void> {
  await endMarkedProcesses((variable) => `${variable}/`.startsWith(`TMPDIR=${workDir}/`));
  await rm(workDir, { recursive: true, force: true, maxRetries: 3 });
}
