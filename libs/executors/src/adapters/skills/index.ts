import type { Skill } from '../../domain/skill.js';
import { ContractGuardianSkill } from './contract-guardian.skill.js';
import { DependencyAuditSkill } from './dependency-audit.skill.js';
import { DocumentIndexSkill } from './document-index.skill.js';
import { EchoSkill } from './echo.skill.js';
import { GitRangeSkill } from './git-range.skill.js';
import { ReviewSummarySkill } from './review-summary.skill.js';
import { SecretScanSkill } from './secret-scan.skill.js';
import { TestRunnerSkill } from './test-runner.skill.js';

/** The skills that every agent host can do without a model. Stateless: one instance serves all attempts. */
export const builtinSkills = (): Skill[] => [
  new GitRangeSkill(),
  new DocumentIndexSkill(),
  new SecretScanSkill(),
  new ContractGuardianSkill(),
  new TestRunnerSkill(),
  new DependencyAuditSkill(),
  new ReviewSummarySkill(),
  new EchoSkill(),
];
