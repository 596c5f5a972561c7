import { isRunEnded, RunEventType, type RunSummary } from '@aet/contracts';
import { columnText, keyHash } from '../postgres/column-text.js';
import { errorText, LIST_COLUMNS, type ListEntry, listRows, listValues } from '../postgres/list-part.js';
import { type Expiry, projectExpiry } from '../projection/expiry.js';
import { projectRunSummary } from '../projection/run-list.js';
import { type ComparedRow, inRange, type Projector, rangeValues } from './projector.js';

interface Listed {
  run_id: string;
  status: string;
  workflow: string;
  key: string | null;
  summary: RunSummary;
  expires_at: Date | null;
  timeout_ms: string | null;
  priority: string;
  cell: string;
  error: string | null;
  closed: boolean;
}

const SERVING = `SELECT run_id, status, workflow, encode(key_sha256, 'hex') AS key, summary, expires_at, timeout_ms, priority, cell, error,
  closed_at IS NOT NULL AS closed FROM aet.run_list WHERE ${inRange}`;

/** The list of runs. */
export const listProjector: Projector<ListEntry> = {
  table: 'run_list',
  fold: (_runId, head, cell) => {
    let summary: RunSummary | undefined;
    let expiry: Expiry | undefined;
    let keySha256: string | undefined;
    let left = false;
    return {
      add: (event) => {
        summary = projectRunSummary(summary, [event]);
        expiry = projectExpiry(expiry, [event]);
        if (event.type === RunEventType.Adopted) left = cell !== undefined && event.data.cell !== cell;
        if (event.type !== RunEventType.Submitted || event.data.idempotencyKey === undefined) return;
        keySha256 = keyHash(event.data.idempotencyKey);
      },
      rows: () => {
        const archived = head !== undefined && head.archived >= head.sequence;
        // The time of a run that another cell adopted is watched there.
        const watched = left && expiry !== undefined ? { timeoutMs: expiry.timeoutMs } : expiry;
        return summary === undefined ? [] : [{ summary, expiry: watched, keySha256, archived }];
      },
    };
  },
  write: async (client, schema, rows) => {
    const sql = `INSERT INTO ${schema}.run_list (${LIST_COLUMNS.join(', ')}) ${listRows((index) => `$${index + 1}`)}`;
    await client.query(sql, listValues(rows));
  },
  serving: async (client, range) =>
    (await client.query<Listed>({ name: 'aet-verify-list', text: SERVING, values: rangeValues(range) })).rows.map(comparedRow),
  compared: ({ summary, expiry, keySha256, archived }) => comparedEntry(summary, expiry, keySha256, archived === true),
};

const comparedRow = (row: Listed): ComparedRow => ({
  runId: row.run_id,
  key: '',
  values: {
    status: row.status,
    workflow: row.workflow,
    key: row.key,
    summary: row.summary,
    expiresAt: row.expires_at?.getTime() ?? null,
    timeoutMs: row.timeout_ms === null ? null : Number(row.timeout_ms),
    priority: row.priority,
    cell: row.cell,
    error: row.error,
    closed: row.closed,
  },
});

function comparedEntry(
  summary: RunSummary,
  expiry: Expiry | undefined,
  keySha256: string | undefined,
  archived: boolean,
): ComparedRow {
  return {
    runId: summary.runId,
    key: '',
    values: {
      status: summary.status,
      workflow: columnText(summary.workflow),
      key: keySha256 ?? null,
      summary,
      expiresAt: expiry?.at ?? null,
      timeoutMs: expiry?.timeoutMs ?? null,
      priority: summary.priority,
      cell: columnText(summary.cell),
      error: optional(errorText(summary)),
      closed: isRunEnded(summary.status) && !archived,
    },
  };
}

const optional = (text: string | undefined): string | null => (text === undefined ? null : columnText(text));
