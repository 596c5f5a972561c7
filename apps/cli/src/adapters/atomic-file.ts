import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** Writes a file so that a reader, or a crash, sees the old content or the new one and nothing between. @throws a file-system error with the path */
export function writeFileAtomic(path: string, text: string, mode = 0o644): void {
  const scratch = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(scratch, 'w', mode);
    try {
      writeSync(file, text);
      // The name must not appear before the content after a power cut.
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(scratch, path);
  } catch (error) {
    rmSync(scratch, { force: true });
    // Of a file that is open already the system names only the number.
    throw Object.assign(error as Error, { path });
  }
}
