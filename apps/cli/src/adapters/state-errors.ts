import { AetError, ErrorCode } from '@aet/contracts';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The project's folder does not take what the fleet has to write. */
class FolderRefused extends AetError {
  readonly code = ErrorCode.Unavailable;
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there: start from a folder of your own, or name one with --project',
  EPERM: 'you may not write there: start from a folder of your own, or name one with --project',
  EROFS: 'the file system is read-only: start from a folder that can be written, or name one with --project',
  ENOSPC: 'the disk is full: free some space (300 MB are needed), then start again',
  EDQUOT: 'your disk quota is used up: free some space (300 MB are needed), then start again',
  ENOTDIR: 'a part of that path is a file: move it away',
};

/** A file-system error as one line with its remedy; any other error as it is. */
export function explainFolderError(error: unknown): unknown {
  const { path, code } = reasonOf(error as NodeJS.ErrnoException);
  const remedy = code === undefined ? undefined : REMEDIES[code];
  return error instanceof Error && remedy !== undefined && path !== undefined
    ? new FolderRefused(`cannot write ${path.replace(/\.\d+\.tmp$/, '')} (${code}): ${remedy}`, { cause: error })
    : error;
}

/** Node says ENOENT when a nested folder cannot be made on a read-only file system: the nearest folder that exists tells the truth. */
function reasonOf(error: NodeJS.ErrnoException): Pick<NodeJS.ErrnoException, 'code' | 'path'> {
  if (error.code !== 'ENOENT' || error.syscall !== 'mkdir' || error.path === undefined) return error;
  let folder = error.path;
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return error;
  } catch (reason) {
    return { path: error.path, code: (reason as NodeJS.ErrnoException).code ?? error.code };
  }
}

/** Less is not enough for the files of a fleet that only starts. Bytes. */
const CRAMPED_BYTES = 64 * 1024 * 1024;

/** What to do about a folder whose disk is nearly full; undefined when it is not. Programs that fail for want of space seldom say so well. */
export function crampedDisk(folder: string): string | undefined {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  return free < CRAMPED_BYTES
    ? `the disk of ${folder} is full (${Math.floor(free / 1024 / 1024)} MB are left): free some space (300 MB are needed), then start again`
    : undefined;
}
