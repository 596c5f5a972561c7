import type { Finding, Severity } from '@aet/contracts';

/** From the most to the least severe, as in the contracts; repeated here because the page takes types from there, and no code. */
export const SEVERITY_ORDER: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** The findings of a report or of a run's output, the worst first. Undefined where neither has a list of them. */
export function findingsIn(source: unknown): Finding[] | undefined {
  const list = isRecord(source) ? source['findings'] : undefined;
  if (!Array.isArray(list)) return undefined;
  return list.filter(isFinding).toSorted((a, b) => SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity));
}

/** The one sentence that a report begins with, where it has one. */
export function headlineIn(source: unknown): string | undefined {
  const headline = isRecord(source) ? source['headline'] : undefined;
  return typeof headline === 'string' && headline !== '' ? headline : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isFinding = (value: unknown): value is Finding =>
  isRecord(value) &&
  typeof value['message'] === 'string' &&
  typeof value['rule'] === 'string' &&
  (SEVERITY_ORDER as readonly unknown[]).includes(value['severity']);
