export type FileStatus = 'added' | 'modified' | 'deleted' | 'renamed' | 'copied' | 'type-changed';

/** One path of the range, as git's trees have it. */
export interface ChangedFile {
  path: string;
  /** Where it was before, when renamed or copied. */
  oldPath?: string;
  status: FileStatus;
  /** git's file mode at head (at base when deleted): `100644`, `100755`, `120000` link, `160000` submodule. */
  mode: string;
  /** Object name at head; empty when deleted. */
  object: string;
  bytes: number;
}

const STATUS: Record<string, FileStatus> = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  R: 'renamed',
  C: 'copied',
  T: 'type-changed',
};

/** Reads `git diff --raw -z --no-abbrev`: names come without quoting, whatever bytes they hold. */
export function parseRawDiff(output: string): ChangedFile[] {
  const fields = output.split('\0');
  const files: ChangedFile[] = [];
  for (let i = 0; i + 1 < fields.length;) {
    const header = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])\d*$/.exec(fields[i] ?? '');
    const status = header && STATUS[header[5] ?? ''];
    if (!header || !status) {
      i += 1;
      continue;
    }
    const moved = status === 'renamed' || status === 'copied';
    const first = fields[i + 1] ?? '';
    const path = moved ? (fields[i + 2] ?? '') : first;
    const deleted = status === 'deleted';
    const file: ChangedFile = {
      path,
      status,
      mode: (deleted ? header[1] : header[2]) ?? '',
      object: deleted ? '' : (header[4] ?? ''),
      bytes: 0,
    };
    files.push(moved ? { ...file, oldPath: first } : file);
    i += moved ? 3 : 2;
  }
  return files;
}

/** Reads `git ls-tree -r -l -z`: every file of a commit, as if all were added. */
export function parseTree(output: string): ChangedFile[] {
  const files: ChangedFile[] = [];
  for (const record of output.split('\0')) {
    const match = /^(\d{6}) \w+ ([0-9a-f]+) +(\d+|-)\t([\s\S]+)$/.exec(record);
    if (!match) continue;
    const [, mode = '', object = '', size = '', path = ''] = match;
    files.push({ path, status: 'added', mode, object, bytes: size === '-' ? 0 : Number(size) });
  }
  return files;
}

/** A file with content of its own: links are not followed and submodules are other repositories. */
export const isRegular = (file: ChangedFile): boolean => file.mode.startsWith('100');
