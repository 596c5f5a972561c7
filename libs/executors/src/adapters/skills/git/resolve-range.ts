import { AttemptFailed } from '@aet/contracts';
import { parseRange, type RangeSpec } from '../../../domain/skills/range/range-spec.js';
import type { GitRepository } from './git-repository.js';

export interface ResolvedRange {
  head: string;
  /** Null: the whole tree. */
  base: string | null;
  note?: string;
}

const fail = (message: string): AttemptFailed => new AttemptFailed(message, { retryable: false });
const UNSHALLOW = 'run "git fetch --unshallow" to review the range';

/** Turns what the user asked for into two commits, or says what to do. */
export async function resolveRange(git: GitRepository, range: string | null | undefined): Promise<ResolvedRange> {
  const spec = parseRange(range);
  if ((await git.commit('HEAD')) === null && (spec.kind !== 'pair' || spec.head === 'HEAD')) {
    throw fail(`${git.top} has no commit on its current branch: commit something, or give a range of commits that exist`);
  }
  return spec.kind === 'last-commit' ? lastCommit(git) : named(git, spec, range ?? '');
}

async function lastCommit(git: GitRepository): Promise<ResolvedRange> {
  const head = (await git.commit('HEAD')) ?? '';
  const parent = await git.commit('HEAD~1');
  if (parent !== null) return { head, base: parent };
  const note = (await isShallow(git))
    ? `The clone is shallow and the parent of its last commit is not in it: the whole tree is reviewed; ${UNSHALLOW}.`
    : 'The repository has one commit: the whole tree is reviewed.';
  return { head, base: null, note };
}

async function named(
  git: GitRepository,
  spec: Exclude<RangeSpec, { kind: 'last-commit' }>,
  range: string,
): Promise<ResolvedRange> {
  const head = await required(git, spec.kind === 'pair' ? spec.head : 'HEAD', range);
  const base = await required(git, spec.base, range);
  if (spec.kind === 'since' || !spec.symmetric) return { head, base };
  const fork = await git.line(['merge-base', base, head]);
  if (fork !== null) return { head, base: fork };
  throw fail(`the two sides of "${range}" have no commit in common: write A..B to compare them as they are`);
}

async function required(git: GitRepository, revision: string, range: string): Promise<string> {
  const commit = await git.commit(revision);
  if (commit !== null) return commit;
  const why = (await isShallow(git))
    ? `the clone is shallow: ${UNSHALLOW}`
    : 'see "git log --oneline --all" for the commits, or run "git fetch" for a branch of a remote';
  throw fail(`"${revision}" of the range "${range}" is not a commit of ${git.top}; ${why}`);
}

const isShallow = async (git: GitRepository): Promise<boolean> =>
  (await git.line(['rev-parse', '--is-shallow-repository'])) === 'true';
