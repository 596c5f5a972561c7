import { isRunEnded, type RunSummary } from '@aet/contracts';
import type { Expiry } from '../projection/expiry.js';
import { byteaArray, textArray } from './binary-array.js';
import { columnText } from './column-text.js';
import type { StatementPart } from './statement-part.js';

/** An entry of the list, with what is not shown of it. */
export interface ListEntry {
  summary: RunSummary;
  expiry: Expiry | undefined;
  keySha256: string | undefined;
  /** All its events lie in segments. */
  archived?: boolean;
}

/** A search looks at the beginning of an error, and a text for it has a limit of the database's. Characters. */
const SEARCHED = 4_000;

/** In the order of the values of `listValues`. */
export const LIST_COLUMNS = [
  'run_id',
  'submitted_at',
  'status',
  'workflow',
  'key_sha256',
  'summary',
  'timeout_ms',
  'expires_at',
  'priority',
  'cell',
  'submitted_by',
  'lane',
  'parent_run_id',
  'schedule',
  'error',
  'closed_at',
] as const;
type ListColumn = (typeof LIST_COLUMNS)[number];

const CASTS: Partial<Record<ListColumn, string>> = {
  submitted_at: '::timestamptz',
  summary: '::json',
  timeout_ms: '::bigint',
  expires_at: '::timestamptz',
  closed_at: '::timestamptz',
};
/** What a later event of a run can change. */
const CHANGING: readonly ListColumn[] = ['status', 'summary', 'expires_at', 'priority', 'cell', 'error', 'closed_at'];

/** Selects rows of `run_list` from the arrays of `listValues`. */
export const listRows = (value: (index: number) => string): string => {
  const arrays = LIST_COLUMNS.map((column, index) => `${value(index)}::${column === 'key_sha256' ? 'bytea' : 'text'}[]`);
  const selected = LIST_COLUMNS.map((column) => `${column}${CASTS[column] ?? ''}`);
  return `SELECT ${selected.join(', ')} FROM unnest(${arrays.join(', ')}) AS t(${LIST_COLUMNS.join(', ')})`;
};

export function listValues(entries: readonly ListEntry[]): Buffer[] {
  const texts = (of: (entry: ListEntry) => string | null): Buffer => textArray(entries.map(of));
  const optional = (text: string | undefined): string | null => (text === undefined ? null : columnText(text));
  return [
    texts(({ summary }) => summary.runId),
    texts(({ summary }) => summary.submittedAt),
    texts(({ summary }) => summary.status),
    texts(({ summary }) => columnText(summary.workflow)),
    byteaArray(entries.map((entry) => entry.keySha256 ?? null)),
    texts(({ summary }) => JSON.stringify(summary)),
    texts(({ expiry }) => (expiry === undefined ? null : String(expiry.timeoutMs))),
    texts(({ expiry }) => (expiry?.at === undefined ? null : new Date(expiry.at).toISOString())),
    texts(({ summary }) => summary.priority),
    texts(({ summary }) => columnText(summary.cell)),
    texts(({ summary }) => columnText(summary.submittedBy ?? '')),
    texts(({ summary }) => summary.lane ?? null),
    texts(({ summary }) => optional(summary.parent)),
    texts(({ summary }) => optional(summary.schedule)),
    texts(({ summary }) => optional(errorText(summary))),
    texts(({ summary, archived }) => (isRunEnded(summary.status) && archived !== true ? summary.updatedAt : null)),
  ];
}

export const errorText = ({ error }: RunSummary): string | undefined =>
  error === undefined ? undefined : `${error.code} ${error.message}`.slice(0, SEARCHED);

/** The list of runs. */
export const listPart: StatementPart = {
  name: 'list',
  parameters: LIST_COLUMNS.length,
  sql: (value) => `
  INSERT INTO aet.run_list (${LIST_COLUMNS.join(', ')}) ${listRows(value)}
  ON CONFLICT (run_id) DO UPDATE SET ${CHANGING.map((column) => `${column} = excluded.${column}`).join(', ')}`,
  values: ({ written }) =>
    listValues(
      written.flatMap(({ head: { summary, expiry }, keySha256 }) =>
        summary === undefined ? [] : [{ summary, expiry, keySha256 }],
      ),
    ),
};
