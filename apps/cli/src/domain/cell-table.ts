import type { AdoptionOutcome, CellConflictList, CellsView, RunAdoptionView } from '@aet/contracts';
import { table } from './table.js';

export function cellTable({ cell, cells, owners }: CellsView): string[] {
  const open = (name: string): string =>
    owners
      .filter((owner) => owner.cell === name)
      .map(({ status, runs }) => `${runs} ${status}`)
      .join(', ');
  const rows = [
    [cell, 'this one', '', '', open(cell)],
    ...cells.map(({ cell: name, alive, sign, copy, problem }) => [
      name,
      alive ? 'alive' : 'LOST',
      sign ?? (copy?.heardMs === undefined ? 'never heard' : `heard ${seconds(copy.heardMs)} ago`),
      problem ?? (copy === undefined ? '' : `${copy.lag} behind`),
      open(name),
    ]),
  ];
  return table(['cell', 'state', 'sign', 'copy', 'open runs here'], rows, new Set());
}

export function conflictTable({ conflicts }: CellConflictList): string[] {
  if (conflicts.length === 0) return ['no conflicts'];
  const rows = conflicts.map((one) => [
    one.noticedAt,
    one.runId,
    one.from,
    one.to,
    String(one.epoch),
    String(one.sequence),
    String(one.divergent),
  ]);
  return table(['noticed', 'run', 'had it', 'has it', 'epoch', 'from event', 'only there'], rows, new Set([4, 5, 6]));
}

const WORDS: Record<AdoptionOutcome, string> = {
  adopted: 'adopted',
  adoptable: 'would be adopted',
  here: 'is here already',
  elsewhere: 'belongs to another cell',
  ended: 'has ended',
  refused: 'NOT ADOPTED',
};

export const adoptionLines = (runs: readonly RunAdoptionView[]): string[] =>
  runs.map(({ runId, outcome, events, epoch, reason }) => {
    const facts = outcome === 'adopted' || outcome === 'adoptable' ? `, ${events} events, epoch ${epoch ?? 0}` : '';
    return `${runId}: ${WORDS[outcome]}${facts}${reason === undefined ? '' : `: ${reason}`}`;
  });

export function adoptionSummary(from: string, to: string, runs: readonly RunAdoptionView[]): string {
  const counts = Object.entries(WORDS).flatMap(([outcome, word]) => {
    const count = runs.filter((run) => run.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  return `${from} → ${to}: ${counts.length === 0 ? 'no runs' : counts.join(', ')}`;
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
