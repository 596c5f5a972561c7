import { NotFound, ValidationFailed } from '@aet/contracts';
import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LIMIT_MS = 10_000;

/** Says no before a fleet is started for nothing. Returns the top folder of the repository. @throws {NotFound} {ValidationFailed} */
export async function checkRepository(path: string, range: string | undefined): Promise<string> {
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new NotFound(`${path} is not a folder: name a git repository with --repo PATH`);
  }
  const top = await git(path, ['rev-parse', '--show-toplevel']);
  if (top === undefined) {
    throw new NotFound(`${path} is not a git repository: run \`git init\` there, or name another with --repo PATH`);
  }
  if ((await git(path, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])) === undefined) {
    throw new NotFound(`the repository ${top} has no commit yet, so there is nothing to review: commit something first`);
  }
  for (const revision of revisionsOf(range)) await checkRevision(path, revision);
  return realpathSync(top);
}

/** `A..B`, `A...B`, `A..` or `A`: what has to exist. @throws {ValidationFailed} */
function revisionsOf(range: string | undefined): string[] {
  if (range === undefined || range.trim() === '') return [];
  const parts = range.trim().split(/\.\.\.?/);
  // A leading dash would be an option to git.
  const wrong = parts.length > 2 || parts.some((part) => /^-|\s/.test(part)) || parts.every((part) => part === '');
  if (wrong) throw new ValidationFailed(`"${range}" is not a range of commits: write A..B, such as main..HEAD`, []);
  return parts.filter((part) => part !== '');
}

async function checkRevision(path: string, revision: string): Promise<void> {
  if ((await git(path, ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`])) !== undefined) return;
  const shallow = (await git(path, ['rev-parse', '--is-shallow-repository'])) === 'true';
  const remedy = shallow
    ? 'this is a shallow clone: get the rest with `git fetch --unshallow`'
    : 'look with `git log --oneline` or `git branch -a`';
  throw new NotFound(`the repository has no commit "${revision}": ${remedy}`);
}

async function git(path: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run('git', ['-C', path, ...args], { timeout: LIMIT_MS, env: { ...process.env, LC_ALL: 'C' } });
    return stdout.trim();
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') throw new NotFound('git was not found: install it, and put it on PATH', { cause: error });
    if (stderr?.includes('dubious ownership') === true) {
      throw new ValidationFailed(
        `git does not trust ${path}, which belongs to another user: run \`git config --global --add safe.directory ${path}\``,
        [],
      );
    }
    return undefined;
  }
}
