import type { Pool, PoolClient } from 'pg';

/** Where tables are built beside the serving ones. What stands there while nobody rebuilds was left by a crash. */
export const SHADOW = 'aet_rebuild';
/** How far each run was folded. */
export const MARKS = `${SHADOW}.rebuilt_run`;
/** An index over a million rows takes its time: longer than any statement of daily work. Milliseconds. */
export const LONG_MS = 3_600_000;

type Queries = Pick<Pool | PoolClient, 'query'>;

/** Runs a statement that may take long. */
export const long = (client: PoolClient, text: string, values: unknown[] = []): Promise<unknown> =>
  // An option of node-postgres that its types do not know.
  client.query({ text, values, query_timeout: LONG_MS } as { text: string; values: unknown[] });

export async function dropShadows(db: Queries): Promise<void> {
  const { rows } = await db.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = '${SHADOW}'`);
  for (const { name } of rows) await db.query(`DROP TABLE ${SHADOW}.${name}`);
}

/** Empty, with the columns and settings of the serving ones; indexes come when they are filled. */
export async function createShadows(client: PoolClient, tables: readonly string[]): Promise<void> {
  await client.query(
    `CREATE TABLE ${MARKS} (run_id text COLLATE "C" PRIMARY KEY, sequence integer NOT NULL, archived integer NOT NULL)`,
  );
  for (const table of tables) {
    await client.query(
      `CREATE TABLE ${SHADOW}.${table} (LIKE aet.${table} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING CONSTRAINTS INCLUDING STORAGE)`,
    );
    const { rows } = await client.query<{ options: string[] | null }>(
      'SELECT reloptions AS options FROM pg_class WHERE oid = $1::regclass',
      [`aet.${table}`],
    );
    const options = rows[0]?.options ?? [];
    if (options.length > 0) await client.query(`ALTER TABLE ${SHADOW}.${table} SET (${options.join(', ')})`);
  }
}

const INDEXES = `
SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS definition, c.conname IS NOT NULL AS "isKey"
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype = 'p'
WHERE x.indrelid = $1::regclass ORDER BY i.relname`;

/** The same indexes under the same names, in their own schema. */
export async function indexShadow(client: PoolClient, table: string): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string; isKey: boolean }>(INDEXES, [`aet.${table}`]);
  for (const { name, definition, isKey } of rows) {
    await long(client, definition.replace(` ON aet.${table} `, ` ON ${SHADOW}.${table} `));
    if (isKey) await client.query(`ALTER TABLE ${SHADOW}.${table} ADD CONSTRAINT ${name} PRIMARY KEY USING INDEX ${name}`);
  }
  await long(client, `ANALYZE ${SHADOW}.${table}`);
}

/** In the caller's transaction. Statements that wait, or are prepared, find the new table under the old name. */
export async function swapTable(client: PoolClient, table: string): Promise<void> {
  await client.query(`DROP TABLE aet.${table}`);
  await client.query(`ALTER TABLE ${SHADOW}.${table} SET SCHEMA aet`);
}

/** Columns that can be written. */
export async function columnsOf(client: PoolClient, table: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = 'aet' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position`,
    [table],
  );
  return rows.map(({ name }) => name).join(', ');
}
