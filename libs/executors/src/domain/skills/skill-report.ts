import type { Finding } from '@aet/contracts';
import { rankFindings } from './finding-rank.js';

/** What a checking skill gives back. Bounded: a step's output travels in one message and is kept in the run's log. */
export interface SkillReport {
  /** Ranked, at most `MAX_FINDINGS` and `MAX_FINDING_BYTES`. */
  findings: Finding[];
  /** Findings beyond the limit. */
  leftOut: number;
  /** What was looked at, by name, for the report's tables. */
  counts: Record<string, number>;
  notes: string[];
  /** What could not be looked at, and why: a reader must not take silence for health. */
  notChecked: string[];
}

export const MAX_FINDINGS = 200;
/** As JSON. The summary takes four such lists in one input, and a run carries at most 512 KiB of that. */
const MAX_FINDING_BYTES = 80_000;
const MAX_LINES = 20;
const MAX_TEXT = { message: 600, remedy: 300, pointer: 200, file: 200 } as const;

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

function bounded(finding: Finding): Finding {
  const result: Finding = { ...finding, message: cut(finding.message, MAX_TEXT.message) };
  if (finding.remedy !== undefined) result.remedy = cut(finding.remedy, MAX_TEXT.remedy);
  if (finding.pointer !== undefined) result.pointer = cut(finding.pointer, MAX_TEXT.pointer);
  if (finding.file !== undefined) result.file = cut(finding.file, MAX_TEXT.file);
  return result;
}

function fitting(ranked: readonly Finding[]): Finding[] {
  const result: Finding[] = [];
  let bytes = 0;
  for (const finding of ranked.slice(0, MAX_FINDINGS).map(bounded)) {
    bytes += Buffer.byteLength(JSON.stringify(finding)) + 1;
    if (bytes > MAX_FINDING_BYTES) break;
    result.push(finding);
  }
  return result;
}

function boundedLines(lines: readonly string[]): string[] {
  const unique = [...new Set(lines)];
  const kept = unique.slice(0, MAX_LINES).map((line) => cut(line, 300));
  return unique.length > MAX_LINES ? [...kept, `… and ${unique.length - MAX_LINES} more`] : kept;
}

export function skillReport(parts: {
  findings: readonly Finding[];
  counts?: Record<string, number>;
  notes?: readonly string[];
  notChecked?: readonly string[];
}): SkillReport {
  const findings = fitting(rankFindings(parts.findings));
  return {
    findings,
    leftOut: parts.findings.length - findings.length,
    counts: parts.counts ?? {},
    notes: boundedLines(parts.notes ?? []),
    notChecked: boundedLines(parts.notChecked ?? []),
  };
}
