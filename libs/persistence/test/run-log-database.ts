import type pg from 'pg';
import { createDataSource, createPool, PostgresRunLog, RUN_LOG_MIGRATIONS, RUN_LOG_SCHEMA, runMigrations } from '../src/index.js';
import type { PostgresTestServer } from '../src/testing/index.js';

type Database = PostgresTestServer['config'];

/** Makes the tables of the run log. */
export async function migrated(config: Database): Promise<string[]> {
  const dataSource = createDataSource(config, { schema: RUN_LOG_SCHEMA, migrations: RUN_LOG_MIGRATIONS });
  try {
    return await runMigrations(dataSource);
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** One replica: a pool and a log of its own, both closed with the scope. */
export function openReplica(config: Database): { pool: pg.Pool; log: PostgresRunLog } & AsyncDisposable {
  const pool = createPool(config);
  const log = new PostgresRunLog(pool, { groupCommitMs: 1, groupCommitMax: 64 });
  return {
    pool,
    log,
    async [Symbol.asyncDispose]() {
      await log.close();
      await pool.end();
    },
  };
}
