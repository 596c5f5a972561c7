import { projectMoment } from '../projection/timers.js';
import { intArray, textArray } from './binary-array.js';
import type { StatementPart } from './statement-part.js';

/** When a run is to be looked at: the earliest moment that is known. `sequence` tells who looks whether more was said meanwhile. */
export const timerPart: StatementPart = {
  name: 'timers',
  parameters: 3,
  sql: (value) => `
  INSERT INTO aet.run_timer (run_id, due_at, sequence)
  SELECT run_id, due_at::bigint, sequence FROM unnest(${value(0)}::text[], ${value(1)}::text[], ${value(2)}::int[]) AS t(run_id, due_at, sequence)
  ON CONFLICT (run_id) DO UPDATE SET due_at = least(run_timer.due_at, excluded.due_at), sequence = excluded.sequence`,
  values: ({ written }) => {
    const moments = written.flatMap(({ runId, stored }) => {
      const moment = projectMoment(stored);
      return moment === undefined ? [] : [{ runId, ...moment }];
    });
    return [
      textArray(moments.map(({ runId }) => runId)),
      textArray(moments.map(({ at }) => String(at))),
      intArray(moments.map(({ sequence }) => sequence)),
    ];
  },
};
