import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** Writes a file so that a reader, or a crash, sees the old content or the new one and nothing between. @throws a file-system error with the path */
export function writeFileAtomic(path: string, text: string | Uint8Array, mode = 0o644): void {
  const scratch = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(scratch, 'w', mode);
    try {
      const bytes = typeof text === 'string' ? Buffer.from(text) : text;
      // One write may take less than all of it, on a disk that is nearly full for one.
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
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
