import { type ApprovalRow, projectApprovals } from '../projection/approvals.js';
import { boolArray, intArray, textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import type { StatementPart, WrittenBatch } from './statement-part.js';

const changesOf = ({ written }: WrittenBatch) => written.map(({ runId, stored }) => ({ runId, ...projectApprovals(stored) }));

/** Number of `approvalValues`. */
const APPROVAL_VALUES = 8;
/** Rows as they are inserted. */
export const approvalRows = (value: (index: number) => string): string => `
  SELECT run_id, step, sequence, requested_at::timestamptz, text, approvers::json, expires_at::timestamptz, open
  FROM unnest(${value(0)}::text[], ${value(1)}::text[], ${value(2)}::int[], ${value(3)}::text[], ${value(4)}::text[], ${value(5)}::text[],
    ${value(6)}::text[], ${value(7)}::boolean[]) AS t(run_id, step, sequence, requested_at, text, approvers, expires_at, open)`;
export const APPROVAL_COLUMNS = 'run_id, step, sequence, requested_at, text, approvers, expires_at, open';
export const approvalValues = (rows: readonly ApprovalRow[]): unknown[] => [
  textArray(rows.map(({ runId }) => runId)),
  textArray(rows.map(({ step }) => columnText(step))),
  intArray(rows.map(({ sequence }) => sequence)),
  textArray(rows.map(({ requestedAt }) => requestedAt)),
  textArray(rows.map(({ text }) => columnText(text))),
  textArray(rows.map(({ approvers }) => (approvers === undefined ? null : columnText(JSON.stringify(approvers))))),
  textArray(rows.map(({ expiresAt }) => expiresAt ?? null)),
  boolArray(rows.map(({ open }) => open)),
];

/** Questions that runs ask; one that is asked again takes the place of the former. */
export const approvalRequestedPart: StatementPart = {
  name: 'approvals_requested',
  parameters: APPROVAL_VALUES,
  sql: (value) => `
  INSERT INTO aet.run_approval (${APPROVAL_COLUMNS}) ${approvalRows(value)}
  ON CONFLICT (run_id, step) DO UPDATE SET sequence = excluded.sequence, requested_at = excluded.requested_at, text = excluded.text,
    approvers = excluded.approvers, expires_at = excluded.expires_at, open = excluded.open`,
  values: (batch) => approvalValues(changesOf(batch).flatMap(({ requested }) => requested)),
};

/** Questions that were answered. */
export const approvalDecidedPart: StatementPart = {
  name: 'approvals_decided',
  parameters: 2,
  sql: (value) => `
  DELETE FROM aet.run_approval a USING unnest(${value(0)}::text[], ${value(1)}::text[]) AS t(run_id, step)
  WHERE a.run_id = t.run_id AND a.step = t.step`,
  values: (batch) => {
    const rows = changesOf(batch).flatMap(({ runId, decided }) => decided.map((step) => ({ runId, step })));
    return [textArray(rows.map(({ runId }) => runId)), textArray(rows.map(({ step }) => columnText(step)))];
  },
};

/** Questions of runs that ended, or go on. A row that the same statement deletes or writes is left out: one statement changes a row once. */
export const approvalOpenPart: StatementPart = {
  name: 'approvals_open',
  parameters: 4,
  sql: (value) => `
  UPDATE aet.run_approval a SET open = t.open FROM unnest(${value(0)}::text[], ${value(1)}::boolean[]) AS t(run_id, open)
  WHERE a.run_id = t.run_id AND a.open <> t.open
    AND (a.run_id, a.step) NOT IN (SELECT * FROM unnest(${value(2)}::text[], ${value(3)}::text[]))`,
  values: (batch) => {
    const changes = changesOf(batch);
    const ended = changes.filter(({ open }) => open !== undefined);
    const touched = changes.flatMap(({ runId, requested, decided }) =>
      [...requested.map(({ step }) => step), ...decided].map((step) => ({ runId, step: columnText(step) })),
    );
    return [
      textArray(ended.map(({ runId }) => runId)),
      boolArray(ended.map(({ open = false }) => open)),
      textArray(touched.map(({ runId }) => runId)),
      textArray(touched.map(({ step }) => step)),
    ];
  },
};
