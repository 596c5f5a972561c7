import { realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { AttemptFailed } from '@aet/contracts';

export interface RepositoryPlace {
  /** Top folder of the work tree, or the bare repository. Links resolved. */
  top: string;
  bare: boolean;
}

const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const fail = (message: string, cause?: unknown): AttemptFailed =>
  new AttemptFailed(message, cause === undefined ? { retryable: false } : { retryable: false, cause });

/** Finds the repository that `path` is in. Looks at file names only: git itself is not asked before the path is known and admitted. */
export async function locateRepository(path: string): Promise<RepositoryPlace> {
  if (!isAbsolute(path)) throw fail(`"${path}" is not an absolute path: give the repository's full path`);
  const start = await realpath(path).catch((error: unknown) => {
    throw fail(`there is no folder ${path}: give the path of a git repository on the agent's machine`, error);
  });
  if (!(await stat(start)).isDirectory()) throw fail(`${path} is a file: give the folder of a git repository`);
  for (let folder = start; ; folder = dirname(folder)) {
    if (await exists(join(folder, '.git'))) return { top: folder, bare: false };
    const bare =
      (await exists(join(folder, 'HEAD'))) && (await exists(join(folder, 'objects'))) && (await exists(join(folder, 'refs')));
    if (bare) return { top: folder, bare: true };
    if (dirname(folder) === folder) break;
  }
  throw fail(`${path} is not in a git repository: run "git init" and commit there, or give another path`);
}
