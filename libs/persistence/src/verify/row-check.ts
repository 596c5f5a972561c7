import type { RecordFinding } from '@aet/contracts';
import { isDeepStrictEqual } from 'node:util';
import type { ComparedRow, Projector } from '../rebuild/projector.js';

const idOf = ({ runId, key }: ComparedRow): string => `${runId} ${key}`;

/** Rows of one table as they are, beside those that follow from the log. */
export function compareRows(
  { table, suffices }: Pick<Projector<never>, 'table' | 'suffices'>,
  wanted: readonly ComparedRow[],
  serving: readonly ComparedRow[],
): RecordFinding[] {
  const findings: RecordFinding[] = [];
  const say = (kind: RecordFinding['kind'], { runId, key }: ComparedRow, what: string): void => {
    const row = `the row of run ${runId}${key === '' ? '' : ` (${key})`} in ${table}`;
    findings.push({ what: 'row', kind, message: `${row} ${what}`, runId, table });
  };
  const left = new Map(serving.map((row) => [idOf(row), row]));
  for (const row of wanted) {
    const there = left.get(idOf(row));
    left.delete(idOf(row));
    if (there === undefined) say('lost', row, 'is not there');
    else if (suffices === undefined) {
      const differing = Object.keys(row.values).filter((name) => !isDeepStrictEqual(row.values[name], there.values[name]));
      if (differing.length > 0) say('changed', row, differing.map((name) => difference(name, there, row)).join('; '));
    } else if (!suffices(there, row)) say('changed', row, 'says less than the log asks for');
  }
  if (suffices === undefined) for (const row of left.values()) say('added', row, 'is there, and the log has nothing for it');
  return findings;
}

const difference = (name: string, there: ComparedRow, wanted: ComparedRow): string =>
  `says ${name} ${shown(there.values[name])}, the log ${shown(wanted.values[name])}`;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};
