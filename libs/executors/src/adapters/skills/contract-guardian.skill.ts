import type { Finding } from '@aet/contracts';
import type { Skill, SkillContext } from '../../domain/skill.js';
import { compareContracts } from '../../domain/skills/contracts/compare-contracts.js';
import type { RangeInput, ReviewRange } from '../../domain/skills/range/review-range.js';
import { skillReport, type SkillReport } from '../../domain/skills/skill-report.js';
import { decodeText } from '../../domain/skills/decode-text.js';
import { GitRepository } from './git/git-repository.js';

interface Input extends RangeInput {
  contractFiles: ReviewRange['contractFiles'];
}

/** A larger contract is a generated one of another kind; comparing it would take longer than a review should. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Finds breaking changes of OpenAPI documents and JSON Schemas between both sides of the range. */
export class ContractGuardianSkill implements Skill<Input, SkillReport> {
  readonly capability = 'contract-guardian';
  readonly summary = 'Finds breaking changes of OpenAPI documents and JSON Schemas.';
  readonly inputSchema = {
    type: 'object',
    required: ['repo', 'head', 'contractFiles'],
    properties: {
      repo: { type: 'string', minLength: 1 },
      head: { type: 'string', pattern: '^[0-9a-f]{40,64}$' },
      base: { type: ['string', 'null'] },
      contractFiles: { type: 'array', items: { type: 'object', required: ['path', 'status'] } },
    },
  };

  async run(input: Input, context: SkillContext): Promise<SkillReport> {
    const git = await GitRepository.open(input.repo, context.signal);
    const base = input.base ?? null;
    const before = (file: Input['contractFiles'][number]): string => file.oldPath ?? file.path;
    const old = base === null ? new Map<string, Buffer>() : await git.contents(base, input.contractFiles.map(before), MAX_BYTES);
    const now = await git.contents(
      input.head,
      input.contractFiles.map((file) => file.path),
      MAX_BYTES,
    );
    const findings: Finding[] = [];
    const notes: string[] = base === null ? ['There is no older side: contracts were read, not compared.'] : [];
    const notChecked: string[] = [];
    const counts: Record<string, number> = { candidates: input.contractFiles.length, contracts: 0, compared: 0 };
    for (const [i, file] of input.contractFiles.entries()) {
      context.signal.throwIfAborted();
      const [from, to] = [decodeText(old.get(before(file))), decodeText(now.get(file.path))];
      if (to === undefined && file.status !== 'deleted') {
        notChecked.push(`${file.path}: larger than ${MAX_BYTES / 1024 / 1024} MB, or not text`);
        continue;
      }
      // A copy leaves the original where it was.
      const previous = file.status === 'copied' ? undefined : from;
      const comparison = compareContracts({ path: file.path, oldPath: before(file), from: previous, to });
      if (comparison.outcome === 'other') continue;
      counts['contracts'] = (counts['contracts'] ?? 0) + 1;
      if (comparison.outcome === 'compared') counts['compared'] = (counts['compared'] ?? 0) + 1;
      context.log(`${file.path}: ${comparison.outcome}, ${comparison.findings.length} findings`);
      findings.push(...comparison.findings);
      notChecked.push(...comparison.notes);
      context.progress((i + 1) / input.contractFiles.length);
    }
    return skillReport({ findings, counts, notes, notChecked });
  }
}
