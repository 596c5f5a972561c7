import type { GitRepository } from './git-repository.js';

/** Settings that switch off every content filter that the repository's configuration defines: a checkout must not run its programs. */
export async function filterGuards(git: GitRepository): Promise<string[]> {
  const names = await git.run(['config', '--name-only', '-z', '--get-regexp', '^filter\\.']);
  const filters = new Set(
    names.stdout
      .toString('utf8')
      .split('\0')
      .flatMap((key) => /^filter\.([\s\S]+)\.[^.]+$/.exec(key)?.[1] ?? []),
  );
  return [...filters].flatMap((name) =>
    ['smudge=', 'clean=', 'process=', 'required=false'].flatMap((setting) => ['-c', `filter.${name}.${setting}`]),
  );
}
