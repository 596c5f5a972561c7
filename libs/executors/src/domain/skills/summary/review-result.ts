import { SEVERITIES, Severity, type Citation, type Finding } from '@aet/contracts';
import { rankFindings } from '../finding-rank.js';
import { collectFindings, type StepOutcome } from './review-input.js';

/** A finding with what the project's own sources say about it. */
export interface CitedFinding extends Finding {
  citations: Citation[];
}

export type Verdict = 'blocked' | 'attention' | 'clean' | 'incomplete';

export interface ReviewResult {
  verdict: Verdict;
  headline: string;
  counts: Record<Severity, number>;
  total: number;
  /** Found and not listed, because a step's list was full. */
  leftOut: number;
  findings: CitedFinding[];
}

export function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const finding of findings) if (SEVERITIES.includes(finding.severity)) counts[finding.severity] += 1;
  return counts;
}

/** Ranked findings and one sentence about them. Depends on the outcomes alone: no clock, no chance. */
export function reviewResult(outcomes: readonly StepOutcome[]): ReviewResult {
  const findings = rankFindings(collectFindings(outcomes));
  const counts = countBySeverity(findings);
  const failed = outcomes.filter((outcome) => outcome.kind === 'failed' && outcome.step !== 'written');
  const verdict: Verdict =
    counts.critical + counts.high > (failed.length > 0 ? failed.length : 0)
      ? 'blocked'
      : failed.length > 0
        ? 'incomplete'
        : counts.medium > 0
          ? 'attention'
          : 'clean';
  return {
    verdict,
    headline: headline(
      verdict,
      counts,
      failed.map((outcome) => outcome.step),
    ),
    counts,
    total: findings.length,
    leftOut: outcomes.reduce((sum, outcome) => sum + (outcome.kind === 'done' ? outcome.report.leftOut : 0), 0),
    findings: findings.map((finding) => ({ ...finding, citations: [] })),
  };
}

function headline(verdict: Verdict, counts: Record<Severity, number>, failed: readonly string[]): string {
  const some = SEVERITIES.filter((severity) => severity !== Severity.Info && counts[severity] > 0).map(
    (severity) => `${counts[severity]} ${severity}`,
  );
  const found = some.length === 0 ? 'no findings above info' : some.join(', ');
  const missing = failed.length === 0 ? '' : `; not done: ${failed.join(', ')}`;
  const sentence = {
    blocked: 'Do not merge before the critical and high findings are looked at',
    incomplete: 'The review is incomplete',
    attention: 'Can be merged after a look at the medium findings',
    clean: 'Nothing stands against merging',
  }[verdict];
  return `${sentence}: ${found}${missing}.`;
}
