import { RunEventType, type StoredRunEvent } from '@aet/contracts';
import { textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import type { StatementPart } from './statement-part.js';

/** Tasks in the stream for which nobody waits any more, seen as they stood before this statement deleted their rows. */
export const withdrawalPart: StatementPart = {
  name: 'withdrawals',
  parameters: 3,
  sql: (value) => `
  INSERT INTO aet.task_withdrawal (stream_sequence, capability, priority)
  SELECT stream_sequence, capability, published_as FROM aet.run_dispatch d
  WHERE published_as IS NOT NULL AND (d.run_id = ANY (${value(0)}::text[])
    OR (d.run_id, d.step) IN (SELECT * FROM unnest(${value(1)}::text[], ${value(2)}::text[])))
  ON CONFLICT DO NOTHING`,
  values: ({ written }) => {
    const ended = written.filter(({ dispatch, stored }) => dispatch.closedAll && stored.some(isUnwanted));
    const concluded = written.flatMap(({ runId, dispatch }) => (dispatch.closedSteps ?? []).map((step) => ({ runId, step })));
    return [
      textArray(ended.map(({ runId }) => runId)),
      textArray(concluded.map(({ runId }) => runId)),
      textArray(concluded.map(({ step }) => columnText(step))),
    ];
  },
};

/** What ends well has no task left. */
const isUnwanted = ({ type }: StoredRunEvent): boolean =>
  type === RunEventType.Failed || type === RunEventType.Cancelled || type === RunEventType.Compensating;
