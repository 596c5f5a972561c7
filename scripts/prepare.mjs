// Brings the folder to a state that can run: dependencies as package-lock.json says, and a build of the present sources.
// Node 20, no dependencies. The second time it only compares two stamps.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone } from './preparation-lock.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[/\\]$/, '');
const INSTALL_STAMP = join(root, 'node_modules/.aet-install');
const BUILD_STAMP = join(root, 'node_modules/.aet-build');
const OLDEST_NODE = 24;

export class PreparationFailed extends Error {}

/** The project's own Node 24; the one that runs this, when it is new enough. */
export function node24() {
  const own = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(own)) return own;
  return Number(process.versions.node.split('.')[0]) >= OLDEST_NODE ? process.execPath : undefined;
}

/** Installs and builds what has changed since the last time. Gives the milliseconds of each part; 0: nothing to do. */
export async function prepare(say = console.error) {
  if (isInstalled() && isBuilt()) return { installMs: 0, buildMs: 0 };
  try {
    return await alone(
      join(root, '.aet/state/prepare'),
      () => say('another start installs or builds in this folder: waiting for it'),
      async () => ({ installMs: await install(say), buildMs: await build(say) }),
    );
  } catch (error) {
    if (!['EACCES', 'EROFS', 'EPERM', 'ENOSPC'].includes(error.code)) throw error;
    const remedy = error.code === 'ENOSPC' ? 'free some space on the disk' : 'start from a folder that you may write to';
    throw new PreparationFailed(`cannot write ${error.path ?? root} (${error.code}): ${remedy}`);
  }
}

async function install(say) {
  if (isInstalled()) return 0;
  say('installing dependencies (npm ci)');
  const begin = performance.now();
  rmSync(INSTALL_STAMP, { force: true });
  const { code, said } = await npm(['ci']);
  if (code !== 0) {
    process.stderr.write(said);
    throw new PreparationFailed(
      `npm could not install the dependencies (exit code ${code}): see its lines above, then start again`,
    );
  }
  if (node24() === undefined) {
    throw new PreparationFailed(
      `Node ${OLDEST_NODE} was not installed with the dependencies (node_modules/node): allow its install script, or run with Node ${OLDEST_NODE}`,
    );
  }
  writeFileSync(INSTALL_STAMP, lockHash());
  return performance.now() - begin;
}

/** Runs npm, the one that runs us if any. Gives what it said to standard error. */
async function npm(args) {
  const running = process.env['npm_execpath'];
  const all = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  let said = '';
  const hear = (text) => (said += text);
  const code =
    running?.endsWith('.js') === true ? await run(process.execPath, [running, ...all], hear) : await run('npm', all, hear);
  return { code, said };
}

async function build(say) {
  if (isBuilt()) return 0;
  say('building');
  const begin = performance.now();
  // Taken before: a source that changes during the build must be built again.
  const stamp = fingerprint();
  rmSync(BUILD_STAMP, { force: true });
  const code = await run(node24(), [join(root, 'scripts/build.mjs')]);
  if (code !== 0) throw new PreparationFailed(`the build failed (exit code ${code}): see its lines above`);
  writeFileSync(BUILD_STAMP, stamp);
  return performance.now() - begin;
}

function isInstalled() {
  if (node24() === undefined) return false;
  if (read(INSTALL_STAMP) === lockHash()) return true;
  // Someone ran npm themselves: its own record is then as new as the lock file.
  const record = join(root, 'node_modules/.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

const isBuilt = () =>
  read(BUILD_STAMP) === fingerprint() && projects().every((project) => existsSync(join(project, 'dist/.tsbuildinfo')));

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

/** Of names, sizes and times: reading all contents would cost the second start more than it may take. */
function fingerprint() {
  const hash = createHash('sha256');
  const add = (path) => {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)}\0${size}\0${mtimeMs}\n`);
  };
  for (const file of ['package-lock.json', 'tsconfig.json', 'tsconfig.base.json', 'scripts/build.mjs']) add(join(root, file));
  for (const workspace of workspaces()) for (const file of sources(workspace)) add(file);
  return hash.digest('hex');
}

const workspaces = () =>
  ['libs', 'apps'].flatMap((kind) => {
    const folder = join(root, kind);
    return readdirSync(folder)
      .toSorted()
      .map((name) => join(folder, name));
  });

/** What tsc compiles; the console is built by another tool, and has no tsconfig of the kind. */
const projects = () => workspaces().filter((folder) => existsSync(join(folder, 'tsconfig.json')) && !folder.endsWith('console'));

function* sources(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name === 'test' || entry.name.endsWith('.spec.ts'))
      continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (!entry.name.endsWith('.md')) yield path;
  }
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/**
 * Output goes to standard error, because standard output is the report's; what the program itself says there goes to `hear`, if given.
 * A signal ends the program too, and the caller with its code.
 */
function run(command, args, hear) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 2, hear === undefined ? 2 : 'pipe'],
      shell: process.platform === 'win32' && command === 'npm',
    });
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass).on('SIGTERM', pass);
    if (hear !== undefined) child.stderr.setEncoding('utf8').on('data', hear);
    child.once('error', (error) =>
      reject(error.code === 'ENOENT' ? new PreparationFailed(`${command} was not found: install Node with npm`) : error),
    );
    child.once('close', (code, signal) => {
      process.off('SIGINT', pass).off('SIGTERM', pass);
      resolve(code ?? `signal ${signal}`);
    });
  });
}
