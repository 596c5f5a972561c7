import { type Finding, SEVERITIES, type Severity } from '@aet/contracts';

/** What the last step of the workflow `review` gives, as far as the command shows it. */
export interface ReviewOutcome {
  verdict: string;
  headline: string;
  counts: Record<Severity, number>;
  total: number;
  findings: Finding[];
  report: { markdown: { name: string }; json: { name: string } };
}

/** Undefined when a run's output is of another kind: a project may have a `review` of its own. */
export function reviewOutcome(output: unknown): ReviewOutcome | undefined {
  const value = output as Partial<ReviewOutcome> | null | undefined;
  return typeof value?.headline === 'string' &&
    Array.isArray(value.findings) &&
    typeof value.counts === 'object' &&
    typeof value.report?.markdown?.name === 'string' &&
    typeof value.report.json?.name === 'string'
    ? (value as ReviewOutcome)
    : undefined;
}

const TOP = 10;

/** Headline and the gravest findings, each with its place. */
export function outcomeLines(outcome: ReviewOutcome): string[] {
  const worth = outcome.findings.filter((finding) => finding.severity !== 'info');
  const shown = worth.slice(0, TOP);
  const width = Math.max(...SEVERITIES.map((severity) => severity.length));
  const more = outcome.total - shown.length;
  return [
    outcome.headline,
    ...shown.flatMap((finding) => {
      const place = placeOf(finding);
      return [`  ${finding.severity.padEnd(width)}  ${finding.message}${place === '' ? '' : `  (${place})`}`];
    }),
    ...(more > 0 ? [`  and ${more} more in the report`] : []),
  ];
}

function placeOf({ file, line, pointer }: Finding): string {
  if (file === undefined) return '';
  if (line !== undefined) return `${file}:${line}`;
  return pointer === undefined ? file : `${file}#${pointer}`;
}
