import { SEVERITIES, type Citation } from '@aet/contracts';
import { block, code, inline } from './markdown-text.js';
import type { StepOutcome, SummaryInput } from './review-input.js';
import { countBySeverity, type CitedFinding, type ReviewResult } from './review-result.js';

/** Findings written out; the JSON report has them all. */
const MAX_SHOWN = 100;

export interface ReviewDocument {
  range: SummaryInput['range'];
  outcomes: readonly StepOutcome[];
  result: ReviewResult;
  /** Why sources are missing, when they are. */
  sourcesNote?: string;
  written?: string;
}

/** The report for an engineer: the verdict, the numbers, what matters most, then each step, then what nobody looked at. */
export function reviewMarkdown(document: ReviewDocument): string {
  const sections = [
    heading(document),
    countsTable(document.outcomes),
    findings(document),
    written(document),
    steps(document.outcomes),
    notChecked(document),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function heading({ range, result }: ReviewDocument): string {
  const commits =
    range.base === null
      ? `whole tree at ${code(range.head.slice(0, 12))}`
      : code(`${range.base.slice(0, 12)}..${range.head.slice(0, 12)}`);
  const branch = typeof range.branch === 'string' ? ` on ${code(range.branch)}` : '';
  const notes = (range.notes ?? []).map((note) => `> ${inline(note)}`).join('\n>\n');
  return [
    `# Review of ${inline(range.project)}`,
    `**${inline(result.headline)}**`,
    `Reviewed: ${commits}${branch}, ${range.fileCount} file(s).`,
    notes,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function countsTable(outcomes: readonly StepOutcome[]): string {
  const rows = outcomes.map((outcome) => {
    const counts = outcome.kind === 'done' ? countBySeverity(outcome.report.findings) : undefined;
    const cells = SEVERITIES.map((severity) => (counts ? String(counts[severity]) : '–'));
    const state = outcome.kind === 'done' ? 'done' : outcome.kind === 'failed' ? '**could not be done**' : 'skipped';
    return `| ${outcome.title} | ${state} | ${cells.join(' | ')} |`;
  });
  const head = `| Step | State | ${SEVERITIES.join(' | ')} |\n| --- | --- | ${SEVERITIES.map(() => '---:').join(' | ')} |`;
  return `${head}\n${rows.join('\n')}`;
}

function findings({ result, sourcesNote }: ReviewDocument): string {
  if (result.findings.length === 0) return '## Findings\n\nNone.';
  const shown = result.findings.slice(0, MAX_SHOWN).map((finding, i) => `${i + 1}. ${findingText(finding)}`);
  const hidden = result.findings.length - shown.length + result.leftOut;
  if (hidden > 0) shown.push(`\n${hidden} more finding(s) are not shown here.`);
  if (sourcesNote !== undefined) shown.push(`\n_${inline(sourcesNote)}_`);
  return `## Findings\n\n${shown.join('\n')}`;
}

const placeOf = (finding: { file?: string; line?: number }): string =>
  finding.file === undefined ? '' : `${finding.file}${finding.line === undefined ? '' : `:${finding.line}`}`;

function findingText(finding: CitedFinding): string {
  const place = placeOf(finding);
  const certainty = finding.certainty === undefined || finding.certainty === 'certain' ? '' : ` (${finding.certainty})`;
  const lines = [
    `**${finding.severity}**${certainty} ${code(finding.rule)}${place === '' ? '' : ` ${code(place)}`}: ${inline(finding.message)}`,
  ];
  if (finding.pointer !== undefined && finding.pointer !== '') lines.push(`   - At ${code(finding.pointer)}`);
  if (finding.remedy !== undefined) lines.push(`   - Do: ${inline(finding.remedy)}`);
  if (finding.citations.length > 0) lines.push(`   - Sources: ${finding.citations.map(citation).join(', ')}`);
  return lines.join('\n');
}

const citation = (source: Citation): string => code(`${source.path}:${source.startLine}-${source.endLine}`);

const written = (document: ReviewDocument): string =>
  document.written === undefined ? '' : `## Written review\n\n${document.written.trim()}`;

function steps(outcomes: readonly StepOutcome[]): string {
  return outcomes.map((outcome) => [`## ${outcome.title}`, ...stepLines(outcome)].join('\n\n')).join('\n\n');
}

function stepLines(outcome: StepOutcome): string[] {
  if (outcome.kind === 'skipped') return ['The step was skipped.'];
  if (outcome.kind === 'failed')
    return [`The step could not be done (${code(outcome.error.code)}): ${inline(outcome.error.message)}`];
  const { report } = outcome;
  const counts = Object.entries(report.counts).map(([name, count]) => `${name} ${count}`);
  const lines = [
    `${report.findings.length + report.leftOut} finding(s). ${counts.length === 0 ? '' : `Counted: ${inline(counts.join(', '))}.`}`.trim(),
  ];
  if (outcome.tests?.command !== undefined && outcome.tests.command !== null) lines.push(testLine(outcome.tests));
  for (const [file, changes] of Object.entries(outcome.changes ?? {})) {
    const listed = (['added', 'removed', 'changed'] as const)
      .filter((kind) => changes[kind].length > 0)
      .map((kind) => `${kind}: ${changes[kind].join('; ')}`);
    lines.push(`${code(file)}:\n\n${block(listed.join('\n'))}`);
  }
  if (report.leftOut > 0) lines.push(`${report.leftOut} finding(s) beyond the limit of the step are left out.`);
  if (report.notes.length > 0) lines.push(report.notes.map((note) => `- ${inline(note)}`).join('\n'));
  return lines;
}

function testLine(tests: NonNullable<Extract<StepOutcome, { kind: 'done' }>['tests']>): string {
  const end = tests.timedOut ? 'stopped at its limit' : `exit code ${tests.exitCode ?? 'none'}`;
  const counts = tests.results
    ? `${tests.results.passed} passed, ${tests.results.failed} failed, ${tests.results.skipped} skipped (read from ${tests.results.format})`
    : 'no counts';
  return `${code(tests.command ?? '')}, from ${inline(tests.from ?? '')}: ${end}, ${counts}.`;
}

function notChecked({ outcomes, range }: ReviewDocument): string {
  const lines = outcomes.flatMap((outcome) =>
    outcome.kind === 'done'
      ? outcome.report.notChecked.map((line) => `${outcome.title}: ${line}`)
      : outcome.kind === 'failed'
        ? [`${outcome.title}: the step could not be done`]
        : [],
  );
  const leftOut = Object.entries(range.leftOut).map(([reason, count]) => `${count} ${reason}`);
  if (leftOut.length > 0) lines.push(`Knowledge: not indexed were ${leftOut.join(', ')} file(s)`);
  return lines.length === 0 ? '' : `## Not checked\n\n${lines.map((line) => `- ${inline(line)}`).join('\n')}`;
}
