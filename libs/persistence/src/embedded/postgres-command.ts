import { realpathSync } from 'node:fs';
import { EmbeddedPostgresFailed } from './embedded-failed.js';
import { checkMajor, isCluster } from './init-cluster.js';
import { clearLeftovers } from './leftovers.js';
import { ownFolder } from './own-folder.js';
import { PostgresBinaries } from './postgres-binaries.js';
import { asIdentity, chooseIdentity } from './unprivileged.js';

export interface ServerOptions {
  dataDir: string;
  port: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** PostgreSQL settings over ours. */
  settings?: Readonly<Record<string, string>>;
}

/** How to spawn the server in the foreground. */
export interface PostgresCommand {
  program: string;
  args: string[];
  options: { uid?: number; gid?: number; env: NodeJS.ProcessEnv; cwd: string };
  /** Ends it in order: open transactions are rolled back. SIGTERM would wait for every client to leave. */
  stopSignal: 'SIGINT';
}

/** For one fleet on one machine: some dozen connections, small memory, the log on standard error, every commit on the disk. */
const SETTINGS: Readonly<Record<string, string>> = {
  shared_buffers: '64MB',
  max_connections: '60',
  fsync: 'on',
  synchronous_commit: 'on',
  max_wal_size: '512MB',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_checkpoints: 'off',
  log_timezone: 'UTC',
  timezone: 'UTC',
  // in the data folder, so that a kill leaves nothing elsewhere, and a container's small /dev/shm does not matter
  dynamic_shared_memory_type: 'mmap',
  huge_pages: 'off',
  io_method: 'sync',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  password_encryption: 'scram-sha-256',
};

/**
 * Makes an initialised data folder ready for a start (also after a kill of the server, or of the supervisor) and says how to start it.
 * A server that still runs in the folder is ended: call it before each start, never beside a server that shall live.
 * @throws {EmbeddedPostgresFailed}
 */
export async function postgresCommand(options: ServerOptions): Promise<PostgresCommand> {
  const { port, host = '127.0.0.1' } = options;
  if (!isCluster(options.dataDir)) {
    throw new EmbeddedPostgresFailed(`${options.dataDir} holds no database: make one with initCluster first`);
  }
  const binaries = PostgresBinaries.find();
  const dataDir = realpathSync(options.dataDir);
  checkMajor(dataDir, binaries);
  await clearLeftovers(dataDir);
  const identity = chooseIdentity(binaries.program('postgres'), dataDir);
  ownFolder(dataDir, identity);
  const settings = { ...SETTINGS, ...options.settings };
  const args = [
    '-D',
    dataDir,
    '-p',
    String(port),
    '-h',
    host,
    '-k',
    '',
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const { program, args: all, ...as } = asIdentity(identity, binaries.program('postgres'), args);
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  return { program, args: all, options: { ...as, env, cwd: '/' }, stopSignal: 'SIGINT' };
}
