import { projectChildren } from '../projection/children.js';
import { boolArray, intArray, textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import { hasOwnPriority } from './own-priority.js';
import type { StatementPart, WrittenBatch } from './statement-part.js';

const changesOf = ({ written }: WrittenBatch) => written.map(({ runId, stored }) => ({ runId, ...projectChildren(stored) }));

/** Sub-runs that their runs ask for. `told_priority`: what the sub-run knows of it. */
export const childRequestedPart: StatementPart = {
  name: 'children_requested',
  parameters: 9,
  sql: (value) => `
  INSERT INTO aet.run_child (child_run_id, run_id, step, item, attempt, event_sequence, not_before, priority, told_priority)
  SELECT child_run_id, run_id, step, item, attempt, event_sequence, not_before::bigint,
    CASE WHEN t.follows IS NULL OR ${hasOwnPriority('t')} THEN t.priority ELSE t.follows END, priority
  FROM unnest(${value(0)}::text[], ${value(1)}::text[], ${value(2)}::text[], ${value(3)}::int[], ${value(4)}::int[], ${value(5)}::int[],
    ${value(6)}::text[], ${value(7)}::text[], ${value(8)}::text[])
    AS t(child_run_id, run_id, step, item, attempt, event_sequence, not_before, priority, follows)
  ON CONFLICT (child_run_id) DO NOTHING`,
  values: (batch) => {
    const rows = changesOf(batch).flatMap(({ requested }) => requested);
    return [
      textArray(rows.map(({ childRunId }) => columnText(childRunId))),
      textArray(rows.map(({ runId }) => runId)),
      textArray(rows.map(({ step }) => columnText(step))),
      intArray(rows.map(({ item }) => item ?? -1)),
      intArray(rows.map(({ attempt }) => attempt)),
      intArray(rows.map(({ eventSequence }) => eventSequence)),
      textArray(rows.map(({ notBefore }) => String(notBefore))),
      textArray(rows.map(({ priority }) => priority)),
      textArray(rows.map(({ follows }) => follows ?? null)),
    ];
  },
};

/** Sub-runs whose end their runs know. */
export const childEndedPart: StatementPart = {
  name: 'children_ended',
  parameters: 1,
  sql: (value) => `DELETE FROM aet.run_child WHERE child_run_id = ANY (${value(0)}::text[])`,
  values: (batch) => [textArray(changesOf(batch).flatMap(({ ended }) => ended.map(columnText)))],
};

/**
 * Sub-runs for which nobody waits any more, and those that follow their run to another priority: not where the step has one of its own.
 * A row that this statement deletes is left out: one statement changes a row once.
 */
export const childChangedPart: StatementPart = {
  name: 'children_changed',
  parameters: 5,
  sql: (value) => `
  UPDATE aet.run_child c SET unwanted = c.unwanted OR x.unwanted, priority = coalesce(x.priority, c.priority)
  FROM (
    SELECT c.child_run_id, bool_or(t.unwanted) AS unwanted,
      max(t.priority) FILTER (WHERE NOT ${hasOwnPriority('c')}) AS priority
    FROM aet.run_child c
    JOIN unnest(${value(0)}::text[], ${value(1)}::text[], ${value(2)}::boolean[], ${value(3)}::text[]) AS t(run_id, step, unwanted, priority)
      ON t.run_id = c.run_id AND (t.step IS NULL OR t.step = c.step)
    GROUP BY c.child_run_id
  ) x
  WHERE c.child_run_id = x.child_run_id AND c.child_run_id <> ALL (${value(4)}::text[])`,
  values: (batch) => {
    const changes = changesOf(batch);
    const rows = changes.flatMap(({ runId, unwantedAll, unwantedSteps, priority }) => [
      ...(unwantedAll || priority !== undefined
        ? [{ runId, step: null, unwanted: unwantedAll, priority: priority ?? null }]
        : []),
      ...unwantedSteps.map((step) => ({ runId, step: columnText(step), unwanted: true, priority: null })),
    ]);
    return [
      textArray(rows.map(({ runId }) => runId)),
      textArray(rows.map(({ step }) => step)),
      boolArray(rows.map(({ unwanted }) => unwanted)),
      textArray(rows.map(({ priority }) => priority)),
      textArray(changes.flatMap(({ ended }) => ended.map(columnText))),
    ];
  },
};
