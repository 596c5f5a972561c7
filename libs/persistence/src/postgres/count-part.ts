import type { RunSummary } from '@aet/contracts';
import { intArray, textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import type { StatementPart } from './statement-part.js';

/** Rows of each count. Two writers at once meet in one of them once in so many batches, and then wait for one commit. */
export const COUNT_SHARDS = 16;

/** How many runs of a workflow have a status; negative in one shard when another has what this one lost. */
interface CountChange {
  workflow: string;
  status: string;
  runs: number;
}

/** What a change of entries means for the counts. */
function countChanges(changes: readonly { before: RunSummary | undefined; after: RunSummary | undefined }[]): CountChange[] {
  const sums = new Map<string, CountChange>();
  const add = ({ workflow, status }: RunSummary, runs: number): void => {
    const key = `${status} ${workflow}`;
    const sum = sums.get(key) ?? { workflow, status, runs: 0 };
    sums.set(key, { ...sum, runs: sum.runs + runs });
  };
  for (const { before, after } of changes) {
    if (before !== undefined) add(before, -1);
    if (after !== undefined) add(after, 1);
  }
  // Locks are taken in this order.
  return [...sums]
    .filter(([, { runs }]) => runs !== 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, change]) => change);
}

/** Runs by workflow and status. */
export const countPart: StatementPart = {
  name: 'counts',
  parameters: 4,
  sql: (value) => `
  INSERT INTO aet.run_count (workflow, status, shard, runs)
  SELECT workflow, status, ${value(3)}::smallint, sum(runs) FROM unnest(${value(0)}::text[], ${value(1)}::text[], ${value(2)}::int[]) AS t(workflow, status, runs)
  GROUP BY workflow, status ORDER BY status, workflow COLLATE "C"
  ON CONFLICT (workflow, status, shard) DO UPDATE SET runs = run_count.runs + excluded.runs`,
  values: ({ written, shard }) => {
    const changes = countChanges(written.map(({ before, head }) => ({ before, after: head.summary })));
    return [
      textArray(changes.map(({ workflow }) => columnText(workflow))),
      textArray(changes.map(({ status }) => status)),
      intArray(changes.map(({ runs }) => runs)),
      shard,
    ];
  },
};
