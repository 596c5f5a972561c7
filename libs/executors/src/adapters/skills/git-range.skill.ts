import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import picomatch from 'picomatch';
import type { Skill, SkillContext } from '../../domain/skill.js';
import { planBatches } from '../../domain/skills/range/batches.js';
import type { ChangedFile } from '../../domain/skills/range/changed-file.js';
import { isContractCandidate, isLockfile } from '../../domain/skills/range/path-kind.js';
import { projectId } from '../../domain/skills/range/project-id.js';
import { MAX_CONTRACT_FILES, MAX_LISTED_FILES, type ReviewRange } from '../../domain/skills/range/review-range.js';
import { GitRepository } from './git/git-repository.js';
import { resolveRange, type ResolvedRange } from './git/resolve-range.js';
import { readReviewSettings } from './review-settings.js';

interface Input {
  repo: string;
  range?: string | null;
  project?: string | null;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Says which commits and files a review is about. */
export class GitRangeSkill implements Skill<Input, ReviewRange> {
  readonly capability = 'git-range';
  readonly summary = 'Resolves the range of commits to review and lists its files.';
  readonly inputSchema = {
    type: 'object',
    required: ['repo'],
    properties: {
      repo: { type: 'string', minLength: 1 },
      range: { type: ['string', 'null'] },
      project: { type: ['string', 'null'], maxLength: 128 },
    },
  };

  async run(input: Input, context: SkillContext): Promise<ReviewRange> {
    const git = await GitRepository.open(input.repo, context.signal);
    const range = await resolveRange(git, input.range);
    context.log(`${git.top}: ${range.base === null ? 'the whole tree' : range.base.slice(0, 12)}..${range.head.slice(0, 12)}`);
    const files = range.base === null ? await git.tree(range.head) : await git.changes(range.base, range.head);
    const settings = await readReviewSettings(git, range.head);
    const ignored = settings.ignore.length === 0 ? () => false : picomatch(settings.ignore, { dot: true });
    const plan = planBatches(files, ignored);
    const result: ReviewRange = {
      repo: git.top,
      project: input.project ?? projectId(await remote(git), basename(git.top), sha256),
      head: range.head,
      base: range.base,
      wholeTree: range.base === null,
      branch: await git.line(['symbolic-ref', '--quiet', '--short', 'HEAD']),
      notes: notes(range, files, settings.problem),
      files: files.slice(0, MAX_LISTED_FILES).map(({ path, status, bytes }) => ({ path, status, bytes })),
      fileCount: files.length,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      ...plan,
      ...specialFiles(files),
    };
    return range.note === undefined ? result : { ...result, note: range.note };
  }
}

const remote = async (git: GitRepository): Promise<string | null> => {
  const url = await git.line(['config', '--get', 'remote.origin.url']);
  return url === '' ? null : url;
};

function specialFiles(files: readonly ChangedFile[]): Pick<ReviewRange, 'contractFiles' | 'lockfiles'> {
  const contracts = files.filter((file) => file.mode.startsWith('100') && isContractCandidate(file.path));
  return {
    contractFiles: contracts
      .slice(0, MAX_CONTRACT_FILES)
      .map(({ path, oldPath, status }) => (oldPath === undefined ? { path, status } : { path, oldPath, status })),
    lockfiles: files
      .filter((file) => isLockfile(file.path))
      .map((file) => file.path)
      .slice(0, 50),
  };
}

function notes(range: ResolvedRange, files: readonly ChangedFile[], problem: string | undefined): string[] {
  const result = range.note === undefined ? [] : [range.note];
  if (problem !== undefined) result.push(problem);
  const submodules = files.filter((file) => file.mode === '160000').length;
  if (submodules > 0) result.push(`${submodules} submodule(s) are repositories of their own and were not looked into.`);
  if (files.length > MAX_LISTED_FILES)
    result.push(`${files.length} files changed; the list shows the first ${MAX_LISTED_FILES}.`);
  const contracts = files.filter((file) => isContractCandidate(file.path)).length;
  if (contracts > MAX_CONTRACT_FILES) {
    result.push(`${contracts} YAML and JSON files changed; the first ${MAX_CONTRACT_FILES} are checked for contracts.`);
  }
  return result;
}
