import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Severity, type Finding } from '@aet/contracts';
import type { Skill, SkillContext } from '../../domain/skill.js';
import { advisoryFindings, advisoryQuery } from '../../domain/skills/dependencies/advisories.js';
import { auditLock } from '../../domain/skills/dependencies/lock-audit.js';
import { changeFindings, compareLocks, type LockChanges } from '../../domain/skills/dependencies/lock-changes.js';
import { DEPENDENCY_SOURCE, lockLines, readNpmLock, type NpmLock } from '../../domain/skills/dependencies/npm-lock.js';
import { isNpmLock, notAudited } from '../../domain/skills/dependencies/other-lockfiles.js';
import { isRegular } from '../../domain/skills/range/changed-file.js';
import { isLockfile, isVendored } from '../../domain/skills/range/path-kind.js';
import type { RangeInput } from '../../domain/skills/range/review-range.js';
import { skillReport, type SkillReport } from '../../domain/skills/skill-report.js';
import { fetchAdvisories, registryOf } from './advisory-client.js';
import { GitRepository } from './git/git-repository.js';
import { installedLicence } from './installed-licences.js';

export interface DependencyReport extends SkillReport {
  /** By lock file; each list cut to 25. */
  changes: Record<string, LockChanges>;
  advisories: 'checked' | 'unavailable' | 'not asked';
}

interface Parts {
  findings: Finding[];
  notes: string[];
  notChecked: string[];
  changes: Record<string, LockChanges>;
  advisories: DependencyReport['advisories'];
  packages: number;
}

const MAX_LOCK_BYTES = 32 * 1024 * 1024;
const MAX_LOCKS = 5;

/** Audits the lock files of the reviewed commit, and what the range changed in them. */
export class DependencyAuditSkill implements Skill<RangeInput, DependencyReport> {
  readonly capability = 'dependency-audit';
  readonly summary = 'Audits lock files: integrity, sources, licences, duplicates, deprecations, advisories, changes.';
  readonly inputSchema = {
    type: 'object',
    required: ['repo', 'head'],
    properties: {
      repo: { type: 'string', minLength: 1 },
      head: { type: 'string', pattern: '^[0-9a-f]{40,64}$' },
      base: { type: ['string', 'null'] },
    },
  };

  async run(input: RangeInput, context: SkillContext): Promise<DependencyReport> {
    const git = await GitRepository.open(input.repo, context.signal);
    const files = (await git.tree(input.head)).filter(
      (file) => isRegular(file) && isLockfile(file.path) && !isVendored(file.path),
    );
    const parts: Parts = { findings: [], notes: [], notChecked: [], changes: {}, advisories: 'not asked', packages: 0 };
    parts.notChecked.push(...files.flatMap((file) => notAudited(file.path) ?? []));
    const locks = files.filter((file) => isNpmLock(file.path));
    for (const file of locks.slice(0, MAX_LOCKS)) await this.audit(git, file.path, input, parts, context);
    if (locks.length > MAX_LOCKS) parts.notChecked.push(`${locks.length - MAX_LOCKS} more lock files were not read`);
    if (files.length === 0) parts.notes.push('There is no lock file: what gets installed is not fixed, and nothing was audited.');
    const { changes, advisories, packages, ...rest } = parts;
    const counts = { lockfiles: files.length, packages };
    return { ...skillReport({ ...rest, counts }), changes, advisories };
  }

  private async audit(git: GitRepository, path: string, input: RangeInput, parts: Parts, context: SkillContext): Promise<void> {
    const text = await git.text(input.head, path, MAX_LOCK_BYTES);
    const read = text === undefined ? undefined : readNpmLock(text);
    if (text === undefined || !read?.ok) {
      parts.notChecked.push(`${path} was not audited: ${read?.ok === false ? read.reason : 'it is too large'}`);
      return;
    }
    const { lock } = read;
    const folder = join(git.top, dirname(path));
    const lines = lockLines(text);
    context.log(`${path}: ${lock.packages.length} packages`);
    parts.packages += lock.packages.length;
    parts.findings.push(...auditLock({ file: path, lock, lines, installedLicence: (place) => installedLicence(folder, place) }));
    await this.compare(git, path, lock, lines, input, parts);
    const query = advisoryQuery(lock);
    if (Object.keys(query).length === 0) return;
    const folders = git.bare ? [homedir()] : [folder, git.top, homedir()];
    const answer = await fetchAdvisories(await registryOf(folders, process.env), query, context.signal);
    parts.advisories = answer.ok ? 'checked' : 'unavailable';
    parts.findings.push(...(answer.ok ? advisoryFindings(answer.body, lock, path, lines) : [unavailable(answer.reason, path)]));
    if (!answer.ok) parts.notChecked.push(`advisories unavailable: ${answer.reason}`);
  }

  private async compare(
    git: GitRepository,
    path: string,
    lock: NpmLock,
    lines: ReadonlyMap<string, number>,
    input: RangeInput,
    parts: Parts,
  ): Promise<void> {
    const text = input.base ? await git.text(input.base, path, MAX_LOCK_BYTES) : undefined;
    const old = text === undefined ? undefined : readNpmLock(text);
    if (!old?.ok) return;
    const { added, removed, changed } = compareLocks(old.lock, lock);
    if (added.length + removed.length + changed.length === 0) return;
    parts.notes.push(`${path}: ${added.length} packages added, ${removed.length} removed, ${changed.length} changed.`);
    parts.changes[path] = { added: added.slice(0, 25), removed: removed.slice(0, 25), changed: changed.slice(0, 25) };
    parts.findings.push(...changeFindings(old.lock, lock, path, lines));
  }
}

const unavailable = (reason: string, file: string): Finding => ({
  source: DEPENDENCY_SOURCE,
  rule: 'dependency/advisories-unavailable',
  severity: Severity.Info,
  message: `advisories unavailable: ${reason}`,
  file,
  remedy: 'Run "npm audit" where the registry can be reached.',
});
