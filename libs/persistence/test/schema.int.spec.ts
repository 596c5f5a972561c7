import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArchivedEvents, createDataSource, createPool, Rebuilder, RUN_LOG_MIGRATIONS, RUN_LOG_SCHEMA } from '../src/index.js';
import { RECORD_ENTITIES } from '../src/entities/record-tables.js';
import { InMemoryArchiveStore, PostgresTestServer } from '../src/testing/index.js';
import { migrated } from './run-log-database.js';

let server: PostgresTestServer;
beforeAll(async () => {
  server = await PostgresTestServer.start();
  await migrated(server.config);
  // Where typeorm looks for what generated columns are made from. There is nothing: it makes no table here.
  const pool = createPool(server.config);
  await pool.query(
    'CREATE TABLE aet.typeorm_metadata (type text, database text, schema text, "table" text, name text, value text)',
  );
  await pool.end();
});
afterAll(() => server.stop());

/** typeorm has no words for these: they are in the migrations only. */
const BEYOND = [/^DROP INDEX /, /^ALTER TABLE "run_list" DROP COLUMN "search"$/, /"typeorm_metadata"/];

/** What typeorm would still change to make the tables as the entities are. */
async function pending(): Promise<string[]> {
  const source = createDataSource(server.config, {
    schema: RUN_LOG_SCHEMA,
    migrations: RUN_LOG_MIGRATIONS,
    entities: RECORD_ENTITIES,
  });
  await source.initialize();
  try {
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query).filter((query) => !BEYOND.some((known) => known.test(query)));
  } finally {
    await source.destroy();
  }
}

describe('the migrated tables', () => {
  it('are what the entities say: no migration is missing', async () => {
    expect(await pending()).toEqual([]);
  });

  it('would be found to differ', async () => {
    const pool = createPool(server.config);
    await pool.query('ALTER TABLE aet.run_count ADD COLUMN extra integer');
    expect(await pending()).toEqual(['ALTER TABLE "run_count" DROP COLUMN "extra"']);
    await pool.query('ALTER TABLE aet.run_count DROP COLUMN extra');
    await pool.end();
  });

  it('are the same after a rebuild, with their indexes, keys and settings', async () => {
    const pool = createPool(server.config);
    const shape = async (): Promise<unknown> => ({
      indexes: (await pool.query(`SELECT indexdef FROM pg_indexes WHERE schemaname = 'aet' ORDER BY indexdef`)).rows,
      settings: (
        await pool.query(
          `SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'aet'::regnamespace AND reloptions IS NOT NULL ORDER BY relname`,
        )
      ).rows,
      keys: (
        await pool.query(
          `SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE connamespace = 'aet'::regnamespace ORDER BY conname, conrelid::regclass::text`,
        )
      ).rows,
    });
    const before = await shape();
    await new Rebuilder(pool, new ArchivedEvents(new InMemoryArchiveStore())).rebuild();
    expect(await shape()).toEqual(before);
    expect(await pending()).toEqual([]);
    await pool.end();
  });
});
