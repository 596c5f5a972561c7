import { homedir } from 'node:os';
import { join } from 'node:path';
import { AetError, ErrorCode } from '@aet/contracts';
import { debianPackage } from './debian-package.js';
import { goInstall } from './go-install.js';
import { homebrew } from './homebrew.js';
import { OLDEST_FOR_ONE_CELL, PINNED_NATS_SERVER, isAtLeast, versionOf } from './nats-server-version.js';
import { onPath } from './on-path.js';
import { releaseArchive } from './release-archive.js';
import { withServerCache } from './server-cache.js';
import type { NatsServerBinary, Way, WayContext } from './way.js';

/** Names the binary to use, and so overrides every way. */
export const NATS_SERVER_VARIABLE = 'AET_NATS_SERVER';

export interface FindNatsServerOptions {
  /** Default `$XDG_CACHE_HOME/aet/nats-server`, else `~/.cache/aet/nats-server`. */
  cacheDir?: string;
  env?: NodeJS.ProcessEnv;
  /** Default 2.9.10; clustered or joined cells need `OLDEST_FOR_MANY_CELLS`. */
  minVersion?: string;
  log?: (line: string) => void;
}

/** None of the ways led to a nats-server. The message lists them all, with what stood in each one's way. */
export class NatsServerNotFound extends AetError {
  readonly code = ErrorCode.CapabilityMissing;
}

/** Those that bring a binary into the cache, in the order in which they are tried. */
const FETCHING: readonly Way[] = [releaseArchive, goInstall, debianPackage, homebrew];

/**
 * A nats-server that is at least `minVersion`: the one that `AET_NATS_SERVER` names, on PATH, in the user's cache, the pinned release,
 * `go install`, Debian's package, Homebrew. Every way has a time limit, and without a network each one gives up at once.
 * Two processes that need the same download wait for each other; a half-fetched file never gets the binary's name.
 * @throws {NatsServerNotFound}
 */
export async function findNatsServer(options: FindNatsServerOptions = {}): Promise<NatsServerBinary> {
  const context = contextOf(options);
  const named = context.env[NATS_SERVER_VARIABLE];
  if (named !== undefined && named !== '') return theNamed(named, context.minVersion);

  const found = await onPath.find(context);
  if (typeof found !== 'string') return found;
  const refusals = [`${onPath.name}: ${found}`];

  return withServerCache(context, async (cached) => {
    if (typeof cached !== 'string') return cached;
    refusals.push(`user's cache: ${cached}`);
    for (const way of FETCHING) {
      const got = await way.find(context);
      if (typeof got !== 'string') return got;
      refusals.push(`${way.name}: ${got}`);
      context.log(refusals.at(-1) ?? '');
    }
    throw new NatsServerNotFound(remedy(context.minVersion, refusals));
  });
}

function contextOf(options: FindNatsServerOptions): WayContext {
  const env = options.env ?? process.env;
  const cacheHome = env['XDG_CACHE_HOME'] ?? '';
  return {
    env,
    cacheDir: options.cacheDir ?? join(cacheHome === '' ? join(homedir(), '.cache') : cacheHome, 'aet', 'nats-server'),
    minVersion: options.minVersion ?? OLDEST_FOR_ONE_CELL,
    log: options.log ?? (() => {}),
  };
}

async function theNamed(path: string, minVersion: string): Promise<NatsServerBinary> {
  const version = await versionOf(path);
  if (version === undefined) {
    throw new NatsServerNotFound(
      `${NATS_SERVER_VARIABLE} names "${path}", which is not a nats-server that runs here: correct or unset it`,
    );
  }
  if (!isAtLeast(version, minVersion)) {
    throw new NatsServerNotFound(
      `${NATS_SERVER_VARIABLE} names a nats-server ${version}, and ${minVersion} or later is needed: name a newer one or unset it`,
    );
  }
  return { path, version, how: `named by ${NATS_SERVER_VARIABLE}` };
}

const remedy = (minVersion: string, refusals: readonly string[]): string =>
  [
    `no nats-server ${minVersion} or later is to be had. Install one (https://github.com/nats-io/nats-server/releases/tag/v${PINNED_NATS_SERVER}), put it on PATH or name it in ${NATS_SERVER_VARIABLE}. Tried:`,
    ...refusals.map((line) => `  - ${line}`),
  ].join('\n');
