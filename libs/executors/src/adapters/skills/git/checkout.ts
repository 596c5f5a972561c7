import { lstat, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AttemptFailed } from '@aet/contracts';
import { filterGuards } from './filter-guards.js';
import type { GitRepository } from './git-repository.js';

/** A folder with the files of a commit. */
export interface Checkout {
  folder: string;
  notes: string[];
  dispose(): Promise<void>;
}

/** The work tree itself when it stands at `head`, else a temporary one below `workDir`. */
export async function checkoutOf(git: GitRepository, head: string, workDir: string): Promise<Checkout> {
  const standsThere = !git.bare && (await git.commit('HEAD')) === head;
  return standsThere ? ownWorkTree(git) : temporaryWorkTree(git, head, join(workDir, 'tree'));
}

async function ownWorkTree(git: GitRepository): Promise<Checkout> {
  const guards = await filterGuards(git);
  const status = await git.run([...guards, 'status', '--porcelain', '-z', '--untracked-files=no', '--ignore-submodules=all']);
  const changed = status.stdout
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry !== '').length;
  const notes = changed > 0 ? [`The tests ran in a work tree with ${changed} uncommitted change(s).`] : [];
  return { folder: git.top, notes, dispose: () => Promise.resolve() };
}

async function temporaryWorkTree(git: GitRepository, head: string, folder: string): Promise<Checkout> {
  const guards = await filterGuards(git);
  const dispose = async (): Promise<void> => {
    // Also after an abort: what was begun in the repository is taken back.
    await git.under(AbortSignal.timeout(60_000)).run(['worktree', 'remove', '--force', folder], {}, [folder]);
  };
  const args = [...guards, 'worktree', 'add', '--quiet', '--detach', folder, head];
  const add = await git.run(args, { timeoutMs: 300_000 }, [folder]).catch(async (error: unknown) => {
    await dispose();
    throw error;
  });
  if (add.code !== 0) {
    throw new AttemptFailed(`the commit ${head.slice(0, 12)} could not be checked out for the tests: ${add.stderr}`, {
      retryable: false,
    });
  }
  const notes = ['The tests ran in a temporary checkout, because the work tree stands at another commit.'];
  if (await borrowModules(git, head, folder))
    notes.push('The installed node_modules of the work tree were used: its lock file is the same.');
  return {
    folder,
    notes,
    dispose,
  };
}

/** The installed packages fit when both commits have the same lock file; with workspaces they would lead back to the other sources. */
async function borrowModules(git: GitRepository, head: string, folder: string): Promise<boolean> {
  const installed = join(git.top, 'node_modules');
  const [there, own, lock, manifest] = await Promise.all([
    lstat(installed).then(
      (stat) => stat.isDirectory(),
      () => false,
    ),
    readFile(join(git.top, 'package-lock.json'), 'utf8').catch(() => undefined),
    git.text(head, 'package-lock.json', 32 * 1024 * 1024),
    git.text(head, 'package.json'),
  ]);
  if (!there || own === undefined || own !== lock || manifest === undefined || manifest.includes('"workspaces"')) return false;
  return symlink(installed, join(folder, 'node_modules'), 'dir').then(
    () => true,
    () => false,
  );
}
