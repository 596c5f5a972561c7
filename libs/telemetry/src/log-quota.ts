import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A file of a log folder: `<name>.log`, or `<name>.log.<n>` when rotated. */
export interface LogFile {
  name: string;
  bytes: number;
  modifiedMs: number;
}
const LOG_FILE = /\.log(?:\.\d+)?$/;

/**
 * What to delete so that the folder keeps to its quota: the files not written to for longest first, never `own`.
 * Files of ended instances are the oldest, so they go before those of running ones.
 */
export function overQuota(files: readonly LogFile[], quotaBytes: number, own: string): LogFile[] {
  let excess = files.reduce((sum, file) => sum + file.bytes, 0) - quotaBytes;
  const oldestFirst = files.filter((file) => file.name !== own).toSorted((a, b) => a.modifiedMs - b.modifiedMs);
  return oldestFirst.filter((file) => {
    if (excess <= 0) return false;
    excess -= file.bytes;
    return true;
  });
}

/** Deletes what `overQuota` names. Several processes may do so at once: a file that is gone already is no error. */
export function enforceQuota(folder: string, quotaBytes: number, own: string): void {
  const files = readdirSync(folder)
    .filter((name) => LOG_FILE.test(name))
    .flatMap((name) => {
      const stat = statSync(join(folder, name), { throwIfNoEntry: false });
      return stat === undefined ? [] : [{ name, bytes: stat.size, modifiedMs: stat.mtimeMs }];
    });
  for (const file of overQuota(files, quotaBytes, own)) {
    try {
      unlinkSync(join(folder, file.name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}
