import { mkdir, readdir, rename, rm, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { BINARY_NAME } from './on-path.js';
import { withFileLock } from './file-lock.js';
import { PINNED_NATS_SERVER, isAtLeast, versionOf } from './nats-server-version.js';
import type { NatsServerBinary, WayContext } from './way.js';

/**
 * Calls `use` with what the cache has, or with the reason why that is nothing. Only one process at a time is inside when something has to
 * be fetched; the one that waited finds it in the cache.
 */
export async function withServerCache(
  context: WayContext,
  use: (cached: NatsServerBinary | string) => Promise<NatsServerBinary>,
): Promise<NatsServerBinary> {
  const cached = await newestCached(context);
  if (typeof cached !== 'string') return use(cached);
  try {
    await mkdir(context.cacheDir, { recursive: true });
  } catch (error) {
    return use(`cannot be written (${error instanceof Error ? error.message : String(error)})`);
  }
  return withFileLock(join(context.cacheDir, '.lock'), async () => use(await newestCached(context)));
}

/** The pinned version when it is there, else the newest that is new enough. */
async function newestCached({ cacheDir, minVersion }: WayContext): Promise<NatsServerBinary | string> {
  const names = await readdir(cacheDir).catch(() => []);
  const versions = names.filter((name) => /^\d+\.\d+\.\d+$/.test(name) && isAtLeast(name, minVersion));
  versions.sort((a, b) => (a === PINNED_NATS_SERVER ? -1 : b === PINNED_NATS_SERVER ? 1 : isAtLeast(a, b) ? -1 : 1));
  for (const name of versions) {
    const path = join(cacheDir, name, BINARY_NAME);
    const version = await versionOf(path);
    if (version !== undefined && isAtLeast(version, minVersion)) return { path, version, how: "in the user's cache" };
  }
  return `nothing new enough in ${cacheDir}`;
}

/**
 * Runs `make` in a scratch folder on the cache's own file system, and moves the binary whose path it returns to its version's place in one step.
 * The scratch folder is gone afterwards, whatever happened.
 */
export async function intoCache(
  context: WayContext,
  how: string,
  make: (scratch: string) => Promise<string>,
): Promise<NatsServerBinary | string> {
  let scratch: string | undefined;
  try {
    await mkdir(context.cacheDir, { recursive: true });
    scratch = await mkdtemp(join(context.cacheDir, '.fetch-'));
    const made = await make(scratch);
    const version = await versionOf(made);
    if (version === undefined) return 'what it gave does not run on this machine';
    if (!isAtLeast(version, context.minVersion)) return `it gives ${version}, and ${context.minVersion} or later is needed`;
    const path = join(context.cacheDir, version, BINARY_NAME);
    await mkdir(join(context.cacheDir, version), { recursive: true });
    await rename(made, path);
    return { path, version, how };
  } catch (error) {
    return error instanceof Error ? firstLine(error) : String(error);
  } finally {
    if (scratch !== undefined) await rm(scratch, { recursive: true, force: true });
  }
}

/** A failed program puts its own words after the first line; they say more than "Command failed". */
function firstLine(error: Error & { stderr?: unknown }): string {
  const said = typeof error.stderr === 'string' ? error.stderr.trim().split('\n').at(-1) : undefined;
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return said !== undefined && said !== '' ? said : `${error.message.split('\n')[0] ?? ''}${cause}`;
}
