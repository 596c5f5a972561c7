import { type ListRuns, Priority } from '@aet/contracts';
import { columnText } from './column-text.js';
import { older, parseCursor } from './list-cursor.js';

export const PAGE = 50;

/** A statement, of as many shapes as there are combinations of filters: none is worth a name. */
export interface ListQuery {
  text: string;
  values: unknown[];
  limit: number;
}

/**
 * One page, and one run more to know whether another follows. Several statuses are asked for one by one and merged: each has its index in the
 * order of the list, and a rare one beside a common one would else be looked for among all.
 */
export function listQuery(
  query: Pick<ListRuns, keyof ListRuns>,
  bind: Bind = (value) => `$${values.push(value)}`,
  values: unknown[] = [],
  columns = 'submitted_at, run_id, summary',
): ListQuery {
  const limit = query.limit ?? PAGE;
  const filters = filtersOf(query, bind);
  const most = bind(limit + 1);
  const statuses = [...new Set(query.status?.split(','))];
  const page = (conditions: readonly string[]): string => `SELECT ${columns} FROM aet.run_list
    ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY submitted_at DESC, run_id DESC LIMIT ${most}`;
  const pages = statuses.map((status) => page([`status = ${bind(status)}`, ...filters]));
  const [only = page(filters)] = pages;
  const text =
    pages.length < 2
      ? only
      : `SELECT * FROM (${pages.map((one) => `(${one})`).join(' UNION ALL ')}) pages ORDER BY submitted_at DESC, run_id DESC LIMIT ${most}`;
  return { text, values, limit };
}

/** Of the newest so many are looked through for the words: what is common is among them. */
const RECENT = 2_000;
/** So many runs are found by the index of words and put in order; where there are more, one of them is met soon in the order of the list. */
const HITS = 3_000;

/** The page among the newest runs. */
export function recentQuery(query: ListRuns): ListQuery {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const limit = query.limit ?? PAGE;
  const { text, ...others } = query;
  const newest = listQuery({ ...others, limit: RECENT - 1 }, bind, values, 'submitted_at, run_id, summary, search');
  const words = bind(wordsOf(text ?? ''));
  return {
    text: `SELECT summary FROM (${newest.text}) recent WHERE search @@ to_tsquery('simple', ${words})
      ORDER BY submitted_at DESC, run_id DESC LIMIT ${bind(limit + 1)}`,
    values,
    limit,
  };
}

/** The page by the words first: every hit is looked at, unless there are too many. Each row says how many were found. */
export function hitsQuery(query: ListRuns): ListQuery & { most: number } {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const limit = query.limit ?? PAGE;
  const status = query.status === undefined ? [] : [`status = ANY (${bind(query.status.split(','))}::text[])`];
  const text = `
    WITH hits AS MATERIALIZED (
      SELECT submitted_at, run_id, summary FROM aet.run_list WHERE ${[...status, ...filtersOf(query, bind)].join(' AND ')} LIMIT ${HITS}
    )
    SELECT summary, (SELECT count(*) FROM hits)::int AS found FROM hits ORDER BY submitted_at DESC, run_id DESC LIMIT ${bind(limit + 1)}`;
  return { text, values, limit, most: HITS };
}

type Bind = (value: unknown) => string;

function filtersOf(query: Pick<ListRuns, keyof ListRuns>, bind: Bind): string[] {
  const filters: string[] = [];
  const equals = (column: string, value: string | undefined): void => {
    if (value !== undefined) filters.push(`${column} = ${bind(columnText(value))}`);
  };
  equals('workflow', query.workflow);
  equals('priority', query.priority);
  // What the planner does not find out by itself, as it does not know the value: that the index without the common ones has it.
  if (query.priority !== undefined && query.priority !== Priority.Normal) filters.push(`priority <> '${Priority.Normal}'`);
  equals('lane', query.lane);
  equals('cell', query.cell);
  equals('submitted_by', query.submittedBy);
  equals('parent_run_id', query.parent);
  equals('schedule', query.schedule);
  if (query.since !== undefined) filters.push(`submitted_at >= ${bind(query.since)}::timestamptz`);
  if (query.before !== undefined) filters.push(`submitted_at < ${bind(query.before)}::timestamptz`);
  if (query.text !== undefined) filters.push(`search @@ to_tsquery('simple', ${bind(wordsOf(query.text))})`);
  if (query.cursor !== undefined) filters.push(older(parseCursor(query.cursor), bind));
  return filters;
}

/**
 * Every word as the beginning of one; of what signs join, only the last part is one. Quoted, so that no sign in it means anything.
 * Source: PostgreSQL 8.11.2; the signs are those of the migration.
 */
const wordsOf = (text: string): string =>
  columnText(text)
    .split(/\s+/)
    .flatMap((typed) => {
      const parts = typed.split(/[-_./:@#]+/).filter((part) => /[\p{L}\p{N}]/u.test(part));
      return parts.map((part, index) => `${quoted(part)}${index === parts.length - 1 ? ':*' : ''}`);
    })
    .join(' & ');

const quoted = (word: string): string => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
