import type { FileHashes } from '@aet/contracts';
import picomatch from 'picomatch';
import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type FileContent, TooMuchToRead } from '../cache/result-recall.js';

/** Never named by a glob: others' files, by the ten thousand. */
const LEFT_OUT = new Set(['.git', 'node_modules']);
/** To read more takes longer than most tasks. */
const MOST_FILES = 20_000;
const MOST_BYTES = 512 * 1024 * 1024;
/** So much earlier than the clock says a file system may date a change: a tick of the kernel, or the two seconds of FAT. Milliseconds. */
const COARSE_MS = 2_000;

/** Hashes of files on this host's disk. */
export class DiskContent implements FileContent {
  async matching(base: string, globs: readonly string[]): Promise<FileHashes> {
    const matches = picomatch([...globs], { dot: true });
    const paths: string[] = [];
    for await (const path of filesBelow(base)) {
      if (!matches(path)) continue;
      paths.push(path);
      if (paths.length > MOST_FILES) throw new TooMuchToRead(`more than ${MOST_FILES} files match`);
    }
    return this.hashes(base, paths.toSorted());
  }

  async of(base: string, paths: readonly string[]): Promise<FileHashes> {
    if (paths.length > MOST_FILES) throw new TooMuchToRead(`more than ${MOST_FILES} files were read`);
    return this.hashes(base, [...new Set(paths.map((path) => shortened(base, path)))].toSorted());
  }

  async changedSince(base: string, paths: readonly string[], time: Date): Promise<boolean> {
    for (const path of paths) {
      const found = await lookAt(resolve(base, path));
      if (found !== undefined && found.mtimeMs >= time.getTime() - COARSE_MS) return true;
    }
    return false;
  }

  private async hashes(base: string, paths: readonly string[]): Promise<FileHashes> {
    const found: FileHashes = {};
    let bytes = 0;
    for (const path of paths) {
      const file = resolve(base, path);
      const size = (await lookAt(file))?.size ?? 0;
      if ((bytes += size) > MOST_BYTES) throw new TooMuchToRead(`the files are larger than ${MOST_BYTES} bytes together`);
      found[path] = await hashOf(file);
    }
    return found;
  }
}

/** A file below the base is named from there: the same files of two checkouts are the same. */
function shortened(base: string, path: string): string {
  const short = relative(base, resolve(base, path));
  return short.startsWith('..') || isAbsolute(short) ? resolve(base, path) : short.split(sep).join('/');
}

async function* filesBelow(base: string, folder = ''): AsyncIterable<string> {
  for (const entry of await readdir(join(base, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!LEFT_OUT.has(entry.name)) yield* filesBelow(base, path);
    } else if (entry.isFile()) yield path;
  }
}

const lookAt = (file: string): Promise<Stats | undefined> => stat(file).catch(() => undefined);

async function hashOf(file: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } catch {
    return null; // there is no such file, or it may not be read: that counts as well
  }
}
