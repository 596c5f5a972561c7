import type { Finding } from '@aet/contracts';
import type { Skill, SkillContext } from '../../domain/skill.js';
import { decodeText } from '../../domain/skills/decode-text.js';
import { isRegular, type ChangedFile } from '../../domain/skills/range/changed-file.js';
import { isBinaryName, isVendored } from '../../domain/skills/range/path-kind.js';
import type { RangeInput } from '../../domain/skills/range/review-range.js';
import { parseAddedLines, type AddedLines } from '../../domain/skills/secrets/added-lines.js';
import { isAdded, secretFinding } from '../../domain/skills/secrets/secret-finding.js';
import { skillReport, type SkillReport } from '../../domain/skills/skill-report.js';
import { GitRepository } from './git/git-repository.js';
import { scanForSecrets } from './secretlint-scanner.js';

/** The rules are regular expressions: on a larger file they take too long. */
const MAX_BYTES = 1024 * 1024;
const FILES_AT_ONCE = 100;

/** Looks for secrets in the lines that the range added; in every line when the whole tree is new. */
export class SecretScanSkill implements Skill<RangeInput, SkillReport> {
  readonly capability = 'secret-scan';
  readonly summary = 'Looks for secrets in added lines with the recommended rules of secretlint.';
  readonly inputSchema = {
    type: 'object',
    required: ['repo', 'head'],
    properties: {
      repo: { type: 'string', minLength: 1 },
      head: { type: 'string', pattern: '^[0-9a-f]{40,64}$' },
      base: { type: ['string', 'null'] },
    },
  };

  async run(input: RangeInput, context: SkillContext): Promise<SkillReport> {
    const git = await GitRepository.open(input.repo, context.signal);
    const base = input.base ?? null;
    const files = base === null ? await git.tree(input.head) : await git.changes(base, input.head);
    const patch = base === null ? undefined : await git.patch(base, input.head);
    const added = patch && parseAddedLines(patch.toString('utf8'));
    const skipped = { binary: 0, tooLarge: 0, links: 0 };
    const wanted = files.filter((file) => wants(file, added, skipped));
    const findings = await this.scan(git, input.head, wanted, added, skipped, context);
    const notes =
      base !== null && patch === undefined ? ['The diff is too large to read: changed files were scanned whole.'] : [];
    const notChecked = [
      skipped.binary > 0 ? `${skipped.binary} binary file(s) were not scanned` : '',
      skipped.tooLarge > 0 ? `${skipped.tooLarge} file(s) above ${MAX_BYTES / 1024} KB were not scanned` : '',
      skipped.links > 0 ? `${skipped.links} link(s) and submodule(s) were not followed` : '',
    ].filter((line) => line !== '');
    return skillReport({ findings, counts: { files: wanted.length - skipped.binary, ...skipped }, notes, notChecked });
  }

  private async scan(
    git: GitRepository,
    head: string,
    wanted: readonly ChangedFile[],
    added: AddedLines | undefined,
    skipped: { binary: number },
    context: SkillContext,
  ): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (let i = 0; i < wanted.length; i += FILES_AT_ONCE) {
      const some = wanted.slice(i, i + FILES_AT_ONCE);
      const contents = await git.contents(
        head,
        some.map((file) => file.path),
        MAX_BYTES,
      );
      for (const { path } of some) {
        context.signal.throwIfAborted();
        const text = decodeText(contents.get(path));
        if (text === undefined) skipped.binary += 1;
        else {
          const hits = (await scanForSecrets(path, text)).filter((hit) => isAdded(hit, added?.get(path)));
          findings.push(...hits.map((hit) => secretFinding(path, hit)));
        }
      }
      context.progress(Math.min(1, (i + FILES_AT_ONCE) / wanted.length), `${findings.length} findings`);
    }
    return findings;
  }
}

function wants(
  file: ChangedFile,
  added: AddedLines | undefined,
  skipped: { binary: number; tooLarge: number; links: number },
): boolean {
  if (file.status === 'deleted') return false;
  if (!isRegular(file)) skipped.links += 1;
  else if (isBinaryName(file.path)) skipped.binary += 1;
  else if (file.bytes > MAX_BYTES) skipped.tooLarge += 1;
  else if (isVendored(file.path) && /(^|\/)node_modules\//.test(file.path)) return false;
  // Nothing was added: a rename, a change of mode, or deletions only.
  else return added === undefined || (added.get(file.path)?.size ?? 0) > 0;
  return false;
}
