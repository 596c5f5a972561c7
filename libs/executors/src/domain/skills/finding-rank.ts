import { CERTAINTIES, Certainty, SEVERITIES, type Finding } from '@aet/contracts';

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Severity, then certainty, then place, then rule: a total order without a clock, so that the same findings always stand in the same order. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    CERTAINTIES.indexOf(a.certainty ?? Certainty.Certain) - CERTAINTIES.indexOf(b.certainty ?? Certainty.Certain) ||
    byText(a.file ?? '\uffff', b.file ?? '\uffff') ||
    (a.line ?? 0) - (b.line ?? 0) ||
    byText(a.rule, b.rule) ||
    byText(a.message, b.message)
  );
}

export const rankFindings = (findings: readonly Finding[]): Finding[] => findings.toSorted(compareFindings);
