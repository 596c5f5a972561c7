import type { AetConfig } from '@aet/config';
import { readSecretFile } from '@aet/config';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { initCluster } from '../embedded/init-cluster.js';
import { clearLeftovers } from '../embedded/leftovers.js';
import { postgresCommand } from '../embedded/postgres-command.js';
import { waitUntilReady } from '../embedded/wait-until-ready.js';
import { deathWatch } from './death-watch.js';
import { freePort } from './free-port.js';

/** A private PostgreSQL for one test file: `await using db = await PostgresTestServer.start()`. About a second; leaves nothing behind. */
export class PostgresTestServer implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private callOffWatch: () => void = () => undefined;
  private databases = 0;

  private constructor(
    private readonly folder: string,
    /** As a service would get it. */
    readonly config: AetConfig['database'],
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /** @param settings of the server over those of a test, such as `{ fsync: 'on' }` */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresTestServer> {
    const folder = mkdtempSync(path.join(tmpdir(), 'aet-pg-'));
    chmodSync(folder, 0o711); // as root, the server's user must pass through
    const passwordFile = path.join(folder, 'password');
    const config = {
      host: '127.0.0.1',
      port: await freePort(),
      name: 'aet',
      user: 'aet',
      passwordFile,
      urlFile: '',
      poolSize: 4,
    };
    const server = new PostgresTestServer(folder, config, settings);
    try {
      await initCluster({ dataDir: server.dataDir, passwordFile, sync: false });
      await server.firstStart();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Between the choice of a port and its use another process may have taken it. */
  private async firstStart(tries = 3): Promise<void> {
    try {
      await this.restart();
    } catch (error) {
      if (tries === 1 || !(error as Error).message.includes('Address already in use')) throw error;
      this.config.port = await freePort();
      await this.firstStart(tries - 1);
    }
  }

  get dataDir(): string {
    return path.join(this.folder, 'data');
  }

  get url(): string {
    const { host, port, name, user, passwordFile } = this.config;
    return `postgres://${user}:${readSecretFile(passwordFile)}@${host}:${port}/${name}`;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** The configuration of a new, empty database on this server. */
  async freshDatabase(): Promise<AetConfig['database']> {
    const config = { ...this.config, name: `test_${++this.databases}` };
    await waitUntilReady(config);
    return config;
  }

  /** As a crash: no shutdown, the children are left to themselves. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** In order. The data stays. */
  async shutdown(): Promise<void> {
    await this.end('SIGINT');
  }

  /** Starts it again on the same port and data, after a shutdown when it runs. */
  async restart(): Promise<void> {
    await this.shutdown();
    // a process can be killed at any time without loss; only a machine's crash would need the disk
    const settings = { fsync: 'off', ...this.settings };
    const { program, args, options } = await postgresCommand({ dataDir: this.dataDir, port: this.config.port, settings });
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
    this.child = child;
    if (child.pid !== undefined) this.callOffWatch = deathWatch(child.pid, this.folder);
    const ended = new AbortController();
    child.once('exit', () => ended.abort()).once('error', () => ended.abort());
    await waitUntilReady(this.config, { signal: ended.signal }).catch((error: unknown) => {
      throw new Error(`the test's PostgreSQL did not start: ${said}`, { cause: error });
    });
  }

  /** Ends it and removes all that it made. */
  async stop(): Promise<void> {
    await this.end('SIGINT');
    const segment = sharedMemory(this.dataDir);
    if (existsSync(this.dataDir)) await clearLeftovers(this.dataDir);
    if (segment !== undefined) spawnSync('ipcrm', ['-m', segment], { stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = undefined;
    this.callOffWatch();
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
    if (signal === 'SIGINT') await clearLeftovers(this.dataDir);
  }
}

/** A killed server leaves a segment of some bytes, which its next start would remove. Its id is the last number of the lock file's seventh line. */
function sharedMemory(dataDir: string): string | undefined {
  const lock = path.join(dataDir, 'postmaster.pid');
  if (!existsSync(lock)) return undefined; // it was shut down
  return readFileSync(lock, 'utf8').split('\n')[6]?.trim().split(/\s+/).at(-1) || undefined;
}
