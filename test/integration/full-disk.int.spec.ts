import {
  ArchivedEvents,
  createDataSource,
  createPool,
  PostgresRunLog,
  Rebuilder,
  RUN_LOG_MIGRATIONS,
  RUN_LOG_SCHEMA,
  runMigrations,
} from '@aet/persistence';
import { InMemoryArchiveStore, PostgresTestServer, runEvents, runIdAt } from '@aet/persistence/testing';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canMount, SmallDisk } from '../chaos/small-disk.js';

const { completed, runCompleted, scheduled, submitted } = runEvents;
const FULL = { code: 'RESOURCE_EXHAUSTED' };

/** Needs a disk of its own: root, on Linux. */
describe.skipIf(!canMount)('a full disk', () => {
  let server: PostgresTestServer;
  let folder: string;
  let disk: SmallDisk;
  beforeAll(async () => {
    server = await PostgresTestServer.start();
    folder = mkdtempSync(join(tmpdir(), 'aet-full-'));
    chmodSync(folder, 0o711); // the server's user passes through
    disk = SmallDisk.mount(join(folder, 'disk'), 24);
    const { uid, gid } = statSync(server.dataDir);
    const space = join(disk.dir, 'space');
    mkdirSync(space);
    for (const path of [disk.dir, space]) chownSync(path, uid, gid);
    const pool = createPool(server.config);
    await pool.query(`CREATE TABLESPACE small LOCATION '${space}'`);
    await pool.end();
  });
  afterAll(async () => {
    await server.stop();
    disk[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param where new tables go from the migration on, and from then on */
  async function cell(where: { tables: string; later: string }) {
    const config = await server.freshDatabase();
    const use = async (space: string): Promise<void> => {
      const pool = createPool(config);
      await pool.query(`ALTER DATABASE ${config.name} SET default_tablespace = '${space}'`);
      await pool.end();
    };
    await use(where.tables);
    const source = createDataSource(config, { schema: RUN_LOG_SCHEMA, migrations: RUN_LOG_MIGRATIONS });
    await runMigrations(source);
    await source.destroy();
    await use(where.later);
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

  it('in the middle of appends refuses what has no room, whole, and nothing that was taken is lost', async () => {
    await using here = await cell({ tables: 'small', later: 'small' });
    const taken = runIdAt(Date.now());
    await here.log.append(taken, 0, [submitted(), scheduled('a')]);
    disk.fill();
    const refused = runIdAt(Date.now());
    const large = [
      submitted({ inputs: { text: 'x'.repeat(900_000).replaceAll(/x{7}/g, () => Math.random().toString(36).slice(2, 9)) } }),
    ];
    await expect(here.log.append(refused, 0, large)).rejects.toMatchObject(FULL);
    expect(await here.log.read(taken)).toHaveLength(2);
    disk.free();
    expect(await here.log.read(refused)).toEqual([]);
    expect(await here.log.append(refused, 0, large)).toMatchObject({ kind: 'appended' });
    expect(await here.log.append(taken, 2, [completed('a'), runCompleted()])).toMatchObject({ kind: 'appended' });
    expect(await here.log.read(refused)).toHaveLength(1);
  });

  it('in the middle of a rebuild ends it, and leaves what serves and no table of its own', async () => {
    await using here = await cell({ tables: '', later: 'small' });
    for (let n = 0; n < 200; n++) await here.log.append(runIdAt(Date.now()), 0, [submitted(), scheduled('a')]);
    const rebuilder = new Rebuilder(here.pool, new ArchivedEvents(new InMemoryArchiveStore()));
    const list = async (): Promise<unknown> => (await here.pool.query('SELECT * FROM aet.run_list ORDER BY run_id')).rows;
    const leftovers = async (): Promise<unknown> =>
      (await here.pool.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'aet_rebuild'`)).rows;
    const before = await list();
    disk.fill();
    await expect(rebuilder.rebuild()).rejects.toMatchObject(FULL);
    expect(await list()).toEqual(before);
    expect(await leftovers()).toEqual([]);
    disk.free();
    expect(await rebuilder.rebuild()).toMatchObject({ phase: 'done', runs: 200 });
    expect(await list()).toEqual(before);
  });
});
