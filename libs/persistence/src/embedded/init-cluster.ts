import { readSecretFile } from '@aet/config';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EmbeddedPostgresFailed, folderFailed } from './embedded-failed.js';
import { ownFolder } from './own-folder.js';
import { PostgresBinaries } from './postgres-binaries.js';
import { asIdentity, chooseIdentity, type Identity } from './unprivileged.js';

export interface ClusterOptions {
  /** Made when absent. */
  dataDir: string;
  /** Made with a random password when absent, mode 0600. */
  passwordFile: string;
  /** The superuser. Default `aet`. */
  user?: string;
  /** Wait until the new files are on the disk. Default true. */
  sync?: boolean;
}

/**
 * Makes a database cluster once; later calls find it. It comes to be in a folder beside and is moved into place when complete,
 * so an interrupted call leaves nothing that looks like data.
 * @throws {EmbeddedPostgresFailed} {ResourceExhausted} {SecretFileRefused}
 */
export async function initCluster(options: ClusterOptions): Promise<'created' | 'present'> {
  const { dataDir } = options;
  const binaries = PostgresBinaries.find();
  try {
    if (isCluster(dataDir)) {
      checkMajor(dataDir, binaries);
      readSecretFile(options.passwordFile);
      return 'present';
    }
    clearRemains(dataDir);
    mkdirSync(path.dirname(dataDir), { recursive: true });
    writePassword(options.passwordFile);
    await initialise(binaries, options);
    return 'created';
  } catch (error) {
    throw error instanceof Error && 'errno' in error ? folderFailed(dataDir, error) : error;
  }
}

/** Complete: initdb writes `pg_control` only after all else that counts. */
export const isCluster = (dataDir: string): boolean =>
  existsSync(path.join(dataDir, 'PG_VERSION')) && existsSync(path.join(dataDir, 'global', 'pg_control'));

export function checkMajor(dataDir: string, binaries: PostgresBinaries): void {
  const found = Number(readFileSync(path.join(dataDir, 'PG_VERSION'), 'utf8').trim());
  if (found === binaries.major) return;
  throw new EmbeddedPostgresFailed(
    `${dataDir} holds data of PostgreSQL ${found}, the installed programs are of ${binaries.major}: dump it with the old version and load it with the new one, or move the folder away to begin anew`,
  );
}

/** What initdb leaves when it is interrupted is removed; a folder with anything else is somebody's, and stays. */
function clearRemains(dataDir: string): void {
  rmSync(building(dataDir), { recursive: true, force: true });
  if (!existsSync(dataDir)) return;
  const strange = readdirSync(dataDir).find(
    (name) => !/^(PG_VERSION|base|global|pg_\w+(\.conf)?|postgresql(\.auto)?\.conf)$/.test(name),
  );
  if (strange !== undefined) {
    throw new EmbeddedPostgresFailed(
      `${dataDir} is no complete database and holds ${strange}, which is not PostgreSQL's: move the folder away, or choose another`,
    );
  }
  rmSync(dataDir, { recursive: true });
}

const building = (dataDir: string): string => `${dataDir}.initialising`;

function writePassword(file: string): void {
  if (existsSync(file)) return void readSecretFile(file);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
}

async function initialise(
  binaries: PostgresBinaries,
  { dataDir, passwordFile, user = 'aet', sync = true }: ClusterOptions,
): Promise<void> {
  const folder = building(dataDir);
  const identity = chooseIdentity(binaries.program('initdb'), folder);
  mkdirSync(folder, { mode: 0o700 });
  const cluster = path.join(folder, 'data');
  const password = path.join(folder, 'password'); // a copy that the other user may read, gone with the folder
  writeFileSync(password, readSecretFile(passwordFile), { mode: 0o600 });
  ownFolder(folder, identity);
  try {
    await runInitdb(binaries, identity, dataDir, [
      `--pgdata=${cluster}`,
      `--username=${user}`,
      `--pwfile=${password}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(sync ? [] : ['--no-sync']),
    ]);
    renameSync(cluster, dataDir);
    chmodSync(dataDir, 0o700);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runInitdb(binaries: PostgresBinaries, identity: Identity, folder: string, args: string[]): Promise<void> {
  const { program, args: all, ...as } = asIdentity(identity, binaries.program('initdb'), args);
  const said = await new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
    const child = spawn(program, all, { ...as, env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject).once('close', (code) => resolve({ code, stderr }));
  });
  if (said.code !== 0) throw folderFailed(folder, said.stderr || `initdb ended with ${said.code}`);
}
