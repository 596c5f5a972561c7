import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createPool, initCluster, postgresCommand, waitUntilReady } from '../src/index.js';
import { freePort } from '../src/testing/free-port.js';
import { PostgresTestServer } from '../src/testing/index.js';

const query = async <T extends pg.QueryResultRow>(config: PostgresTestServer['config'], sql: string): Promise<T[]> => {
  const pool = createPool(config);
  try {
    return (await pool.query<T>(sql)).rows;
  } finally {
    await pool.end();
  }
};

describe('the embedded PostgreSQL', () => {
  it('is UTF-8, checks passwords by SCRAM, listens on loopback only and flushes by default', async () => {
    await using db = await PostgresTestServer.start();
    const [row] = await query<Record<string, string>>(
      db.config,
      `SELECT current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS host,
        current_setting('unix_socket_directories') AS socket, current_setting('max_connections') AS connections,
        (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation`,
    );
    expect(row).toMatchObject({ encoding: 'UTF8', host: '127.0.0.1', socket: '', connections: '60' });
    expect(readFileSync(path.join(db.dataDir, 'pg_hba.conf'), 'utf8')).toMatch(
      /^host\s+all\s+all\s+127\.0\.0\.1\/32\s+scram-sha-256$/m,
    );
    expect(statSync(db.config.passwordFile).mode & 0o777).toBe(0o600);
    await db.shutdown();
    const { args } = await postgresCommand({ dataDir: db.dataDir, port: db.config.port });
    expect(args).toContain('fsync=on');
    expect(args.join(' ')).not.toContain(readFileSync(db.config.passwordFile, 'utf8').trim());
  });

  it('refuses a wrong password at once, and says what is wrong', async () => {
    await using db = await PostgresTestServer.start();
    const passwordFile = path.join(path.dirname(db.config.passwordFile), 'wrong');
    writeFileSync(passwordFile, 'not it', { mode: 0o600 });
    await expect(waitUntilReady({ ...db.config, passwordFile })).rejects.toThrow(/password file/);
  });

  it('starts again after its server was killed while clients work', async () => {
    await using db = await PostgresTestServer.start();
    await query(db.config, 'CREATE TABLE t (n int)');
    const busy = query(db.config, 'SELECT pg_sleep(30)').catch((error: unknown) => error);
    await query(db.config, 'INSERT INTO t VALUES (1)');
    await db.kill();
    await db.restart();
    expect(await query(db.config, 'SELECT n FROM t')).toEqual([{ n: 1 }]);
    expect(await busy).toBeInstanceOf(Error);
  });

  it('ends a server that lost its supervisor, before it gives the command for a new one', async () => {
    await using db = await PostgresTestServer.start();
    const before = db.pid!;
    await postgresCommand({ dataDir: db.dataDir, port: db.config.port });
    expect(() => process.kill(before, 0)).toThrow('ESRCH');
    await db.restart();
    expect(db.pid).not.toBe(before);
  });

  it('starts past a lock file whose number belongs to somebody else by now', async () => {
    await using db = await PostgresTestServer.start();
    await db.shutdown();
    writeFileSync(path.join(db.dataDir, 'postmaster.pid'), `${process.pid}\n${db.dataDir}\n1\n${db.config.port}\n\n\n\n`);
    await db.restart();
    expect(await query(db.config, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('makes a half-made folder anew, keeps a finished one, and leaves a stranger’s folder alone', async () => {
    await using db = await PostgresTestServer.start();
    await db.shutdown();
    const folder = path.dirname(db.dataDir);
    const half = path.join(folder, 'half');
    mkdirSync(path.join(half, 'base'), { recursive: true });
    writeFileSync(path.join(half, 'PG_VERSION'), '18\n');
    mkdirSync(`${half}.initialising`);
    const passwordFile = path.join(folder, 'other');
    expect(await initCluster({ dataDir: half, passwordFile, sync: false })).toBe('created');
    expect(await initCluster({ dataDir: half, passwordFile, sync: false })).toBe('present');

    const strange = path.join(folder, 'strange');
    mkdirSync(strange);
    writeFileSync(path.join(strange, 'thesis.txt'), 'ten years of work');
    await expect(initCluster({ dataDir: strange, passwordFile })).rejects.toThrow(/thesis\.txt/);
    expect(readFileSync(path.join(strange, 'thesis.txt'), 'utf8')).toBe('ten years of work');
  });

  it('tells data of another major version, and a password file that others may read', async () => {
    await using db = await PostgresTestServer.start();
    await db.shutdown();
    writeFileSync(path.join(db.dataDir, 'PG_VERSION'), '15\n');
    await expect(postgresCommand({ dataDir: db.dataDir, port: 1 })).rejects.toThrow(/PostgreSQL 15/);
    writeFileSync(path.join(db.dataDir, 'PG_VERSION'), '18\n');
    chmodSync(db.config.passwordFile, 0o644);
    expect(() => createPool(db.config)).toThrow(/chmod 600/);
    chmodSync(db.config.passwordFile, 0o600);
  });

  it.runIf(process.getuid?.() === 0)(
    'runs for root in a folder that no other user reaches, and starts again after a kill',
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'aet-pg-root-')); // mode 0700
      try {
        const [dataDir, passwordFile] = [path.join(folder, 'data'), path.join(folder, 'password')];
        await initCluster({ dataDir, passwordFile, sync: false });
        const config = {
          host: '127.0.0.1',
          port: await freePort(),
          name: 'aet',
          user: 'aet',
          passwordFile,
          urlFile: '',
          poolSize: 1,
        };
        const launch = async () => {
          const { program, args, options } = await postgresCommand({ dataDir, port: config.port });
          expect([program, options.uid]).toEqual(['unshare', undefined]);
          const child = spawn(program, args, { ...options, stdio: 'ignore' });
          await waitUntilReady(config);
          return child;
        };
        const first = await launch();
        await query(config, 'CREATE TABLE t (n int)');
        first.kill('SIGKILL');
        await once(first, 'exit');
        const second = await launch();
        expect(await query(config, 'SELECT n FROM t')).toEqual([]);
        second.kill('SIGINT');
        expect(await once(second, 'exit')).toEqual([0, null]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
