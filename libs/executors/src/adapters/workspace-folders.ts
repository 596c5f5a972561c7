import { attemptId, type TaskMessage } from '@aet/contracts';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workspaces } from '../domain/workspaces.js';

/** A folder for each attempt under a folder of this instance, which is deleted when the host ends. */
export class WorkspaceFolders implements Workspaces {
  private readonly root: string;

  /** @param base empty: the system's folder for temporary files */
  constructor(base: string, instance: string) {
    this.root = join(base === '' ? join(tmpdir(), 'aet-work') : base, instance);
  }

  async create(task: TaskMessage): Promise<{ dir: string; dispose(): Promise<void> }> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const dir = await mkdtemp(
      join(
        this.root,
        `${attemptId(task)
          .replaceAll(/[^A-Za-z0-9_-]/g, '_')
          .slice(-80)}-`,
      ),
    );
    return { dir, dispose: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }) };
  }

  async removeAll(): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 3 });
  }
}
