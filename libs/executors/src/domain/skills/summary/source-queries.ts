import { Severity, type Finding } from '@aet/contracts';

/** Findings for which sources are looked up: the first that matter. Each query is one call to the knowledge service. */
const MAX_QUERIES = 12;

/** What to ask the project's knowledge for a finding: where it is, and the words that say what it is about. */
function sourceQuery(finding: Finding): string {
  const file = finding.file?.split('/').slice(-2).join(' ') ?? '';
  const rule = finding.rule.replace(/[/-]/g, ' ');
  const symbols = [...finding.message.matchAll(/[A-Za-z_$][\w$./{}-]{3,}/g)].map((match) => match[0]).slice(0, 8);
  const pointer = finding.pointer?.split('/').slice(-3).join(' ').replaceAll('~1', '/') ?? '';
  return [...new Set([file, pointer, ...symbols, rule].flatMap((part) => part.split(/\s+/)))]
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, 300);
}

export interface PlannedQuery {
  query: string;
  /** Places of the findings in the ranked list. */
  findings: number[];
}

/** One query for findings that ask the same. Info findings ask nothing. */
export function planQueries(findings: readonly Finding[]): PlannedQuery[] {
  const queries = new Map<string, PlannedQuery>();
  findings.forEach((finding, i) => {
    if (finding.severity === Severity.Info || finding.rule === 'review/step-failed') return;
    const query = sourceQuery(finding);
    const known = queries.get(query);
    if (known) known.findings.push(i);
    else if (queries.size < MAX_QUERIES && query !== '') queries.set(query, { query, findings: [i] });
  });
  return [...queries.values()];
}
