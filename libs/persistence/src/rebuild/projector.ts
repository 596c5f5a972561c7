import type { StoredRunEvent } from '@aet/contracts';
import type { PoolClient } from 'pg';
import type { PageRange, ScannedHead } from './run-scan.js';

/** Folds one run into the rows that its projection has of it. */
export interface RunFold<Row> {
  add(event: StoredRunEvent): void;
  rows(): Row[];
}

/** A row as it is compared: what the log says of it, and nothing that a relay or a sweeper noted there. */
export interface ComparedRow {
  runId: string;
  /** What tells it from the run's other rows; empty: there is one. */
  key: string;
  values: Record<string, unknown>;
}

/** One table that follows from the log. Adding it to `PROJECTORS` makes `aet rebuild` build it and `aet verify-state` compare it. */
export interface Projector<Row> {
  /** In the schema `aet`. */
  table: string;
  /** @param cell whose table it is */
  fold(runId: string, head: ScannedHead | undefined, cell?: string): RunFold<Row>;
  /** Adds rows to the table of that name in `schema`, which nobody else sees. */
  write(client: PoolClient, schema: string, rows: readonly Row[]): Promise<void>;
  /** Before the swap, under its locks: takes over from the serving table (`aet`) to the new one (`schema`) what the log does not say. */
  takeOver?: (schema: string) => string[];
  /** Rows of these runs that the serving table has. */
  serving(client: PoolClient, range: PageRange): Promise<ComparedRow[]>;
  compared(row: Row): ComparedRow;
  /** Where a serving row may say more than the log asks for: whether it is enough. Then a row that the log does not ask for is no fault either. */
  suffices?: (serving: ComparedRow, wanted: ComparedRow) => boolean;
}

export const inRange = `run_id > $1 AND ($2::text IS NULL OR run_id <= $2)`;
export const rangeValues = ({ from, to }: PageRange): unknown[] => [from, to ?? null];
