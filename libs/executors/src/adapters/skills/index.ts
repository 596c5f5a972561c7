import type { OfferedSkill } from '../../domain/skill.js';

/** The skills that every agent host can do without a model. Each is loaded with its first task: a process that needs one does not pay for all. */
export const builtinSkills = (): OfferedSkill[] => [
  { capability: 'git-range', load: async () => new (await import('./git-range.skill.js')).GitRangeSkill() },
  { capability: 'document-index', load: async () => new (await import('./document-index.skill.js')).DocumentIndexSkill() },
  { capability: 'secret-scan', load: async () => new (await import('./secret-scan.skill.js')).SecretScanSkill() },
  {
    capability: 'contract-guardian',
    load: async () => new (await import('./contract-guardian.skill.js')).ContractGuardianSkill(),
  },
  {
    capability: 'test-runner',
    usesFolder: true,
    load: async () => new (await import('./test-runner.skill.js')).TestRunnerSkill(),
  },
  { capability: 'dependency-audit', load: async () => new (await import('./dependency-audit.skill.js')).DependencyAuditSkill() },
  { capability: 'review-summary', load: async () => new (await import('./review-summary.skill.js')).ReviewSummarySkill() },
  { capability: 'echo', load: async () => new (await import('./echo.skill.js')).EchoSkill() },
];
