import type { AttemptRef } from '@aet/contracts';
import type { DispatchRow } from '../projection/dispatch.js';
import { intArray, textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import { hasOwnPriority } from './own-priority.js';
import type { StatementPart } from './statement-part.js';

/** Attempts that finished. `item` is −1 outside a fan-out. */
export const closedPart: StatementPart = {
  name: 'closed',
  parameters: 4,
  sql: (value) => `
  DELETE FROM aet.run_dispatch d
  USING unnest(${value(0)}::text[], ${value(1)}::text[], ${value(2)}::int[], ${value(3)}::int[]) AS t(run_id, step, item, attempt)
  WHERE d.run_id = t.run_id AND d.step = t.step AND d.item = t.item AND d.attempt = t.attempt`,
  values: ({ written }) => attempts(written.flatMap(({ dispatch }) => dispatch.closed)),
};

/** All that was open of runs that ended. */
export const endedPart: StatementPart = {
  name: 'ended',
  parameters: 1,
  sql: (value) => `DELETE FROM aet.run_dispatch WHERE run_id = ANY (${value(0)}::text[])`,
  values: ({ written }) => [textArray(written.filter(({ dispatch }) => dispatch.closedAll).map(({ runId }) => runId))],
};

/** All that was open of steps that have enough. */
export const concludedPart: StatementPart = {
  name: 'concluded',
  parameters: 2,
  sql: (value) => `
  DELETE FROM aet.run_dispatch d USING unnest(${value(0)}::text[], ${value(1)}::text[]) AS t(run_id, step)
  WHERE d.run_id = t.run_id AND d.step = t.step`,
  values: ({ written }) => {
    const steps = written.flatMap(({ runId, dispatch }) => (dispatch.closedSteps ?? []).map((step) => ({ runId, step })));
    return [textArray(steps.map(({ runId }) => runId)), textArray(steps.map(({ step }) => columnText(step)))];
  },
};

const COLUMNS = 'run_id, step, item, attempt, event_sequence, capability, priority, not_before, scheduled_at';

/** Selects rows of `run_dispatch` from the arrays of `openedValues`. */
export const openedRows = (value: (index: number) => string): string => `
  SELECT run_id, step, item, attempt, event_sequence, capability,
    CASE WHEN t.follows IS NULL OR ${hasOwnPriority('t')} THEN t.priority ELSE t.follows END, not_before::bigint, scheduled_at::bigint,
    greatest(not_before::bigint, scheduled_at::bigint), order_key,
    CASE WHEN order_key IS NOT NULL THEN nextval('aet.run_dispatch_order') END
  FROM unnest(${value(0)}::text[], ${value(1)}::text[], ${value(2)}::int[], ${value(3)}::int[], ${value(4)}::int[], ${value(5)}::text[],
    ${value(6)}::text[], ${value(7)}::text[], ${value(8)}::text[], ${value(9)}::text[], ${value(10)}::text[])
    AS t(${COLUMNS}, order_key, follows)`;
export const OPENED_COLUMNS = `${COLUMNS}, due_at, order_key, order_position`;
const OPENED_VALUES = 11;
export const openedValues = (opened: readonly DispatchRow[]): unknown[] => [
  ...attempts(opened),
  intArray(opened.map((row) => row.eventSequence)),
  textArray(opened.map((row) => columnText(row.capability))),
  textArray(opened.map((row) => row.priority)),
  textArray(opened.map((row) => String(row.notBefore))),
  textArray(opened.map((row) => String(row.scheduledAt))),
  textArray(opened.map(({ orderKey }) => (orderKey === undefined ? null : columnText(orderKey)))),
  textArray(opened.map(({ follows }) => follows ?? null)),
];

/** Attempts that were scheduled. */
export const openedPart: StatementPart = {
  name: 'opened',
  parameters: OPENED_VALUES,
  sql: (value) => `
  INSERT INTO aet.run_dispatch (${OPENED_COLUMNS}) ${openedRows(value)}
  ON CONFLICT (run_id, step, item, attempt) DO UPDATE SET event_sequence = excluded.event_sequence,
    capability = excluded.capability, priority = excluded.priority, not_before = excluded.not_before,
    scheduled_at = excluded.scheduled_at, due_at = excluded.due_at, redispatches = 0, stream_sequence = NULL,
    published_at = NULL, published_as = NULL`,
  values: ({ written }) => openedValues(written.flatMap(({ dispatch }) => dispatch.opened)),
};

/** The four columns that name an attempt. */
export const attempts = (refs: readonly AttemptRef[]): Buffer[] => [
  textArray(refs.map((ref) => ref.runId)),
  textArray(refs.map((ref) => columnText(ref.step))),
  intArray(refs.map((ref) => ref.item ?? -1)),
  intArray(refs.map((ref) => ref.attempt)),
];
