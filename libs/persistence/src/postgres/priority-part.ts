import { attemptId, RunEventType, type StoredRunEvent } from '@aet/contracts';
import { textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import { hasOwnPriority } from './own-priority.js';
import type { StatementPart } from './statement-part.js';

/**
 * Tasks that follow their run to another priority: those in the stream are then moved by `PriorityMover`. A row that this statement deletes or
 * replaces is left out: one statement changes a row once.
 */
export const priorityPart: StatementPart = {
  name: 'prioritized',
  parameters: 4,
  sql: (value) => `
  UPDATE aet.run_dispatch d SET priority = t.priority
  FROM unnest(${value(0)}::text[], ${value(1)}::text[]) AS t(run_id, priority)
  WHERE d.run_id = t.run_id AND d.priority <> t.priority AND NOT ${hasOwnPriority('d')}
    AND d.run_id || ':' || d.step || CASE WHEN d.item < 0 THEN '' ELSE '#' || d.item END || ':' || d.attempt <> ALL (${value(2)}::text[])
    AND d.run_id || ':' || d.step <> ALL (${value(3)}::text[])`,
  values: ({ written }) => {
    const changes = written.flatMap(({ runId, stored, dispatch }) => {
      const priority = stored.findLast(isPrioritized)?.data.priority;
      return priority === undefined || dispatch.closedAll ? [] : [{ runId, priority, dispatch }];
    });
    const changedElsewhere = changes.flatMap(({ dispatch }) => [...dispatch.closed, ...dispatch.opened]);
    return [
      textArray(changes.map(({ runId }) => runId)),
      textArray(changes.map(({ priority }) => priority)),
      textArray(changedElsewhere.map((ref) => columnText(attemptId(ref)))),
      textArray(
        changes.flatMap(({ runId, dispatch }) => (dispatch.closedSteps ?? []).map((step) => columnText(`${runId}:${step}`))),
      ),
    ];
  },
};

const isPrioritized = (event: StoredRunEvent): event is Extract<StoredRunEvent, { type: 'run.prioritized' }> =>
  event.type === RunEventType.Prioritized;
