import type { CountsByStatus, RunCounts, RunStatus } from '@aet/contracts';

/** Workflows that are counted one by one at most; the others are in the totals. */
const NAMED = 200;

export interface Counted {
  workflow: string;
  status: RunStatus;
  runs: number;
}

/** @param rows several of one workflow and status are added up */
export function runCounts(rows: readonly Counted[]): RunCounts {
  const byStatus: CountsByStatus = {};
  const workflows = new Map<string, { workflow: string; total: number; byStatus: CountsByStatus }>();
  for (const { workflow, status, runs } of rows) {
    if (runs === 0) continue;
    byStatus[status] = (byStatus[status] ?? 0) + runs;
    const one = workflows.get(workflow) ?? { workflow, total: 0, byStatus: {} };
    one.total += runs;
    one.byStatus[status] = (one.byStatus[status] ?? 0) + runs;
    workflows.set(workflow, one);
  }
  const byWorkflow = [...workflows.values()].toSorted((a, b) => b.total - a.total || (a.workflow < b.workflow ? -1 : 1));
  return { total: byWorkflow.reduce((sum, { total }) => sum + total, 0), byStatus, byWorkflow: byWorkflow.slice(0, NAMED) };
}
