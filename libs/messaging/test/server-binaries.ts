import { homedir } from 'node:os';
import { join } from 'node:path';
import { findNatsServer } from '../src/index.js';
import { debianPackage } from '../src/server/debian-package.js';
import { withServerCache } from '../src/server/server-cache.js';

export interface ServerBinary {
  version: string;
  path: string;
}

/** The servers that a cell must run on: the one found first, and Debian 12's 2.9.10 where its package can be had. */
export async function serverBinaries(): Promise<ServerBinary[]> {
  const newest = await findNatsServer();
  const oldest = await debianServer();
  if (oldest === undefined) console.warn('nats-server 2.9.10 cannot be had here: its tests are left out');
  return oldest === undefined || oldest.version === newest.version ? [newest] : [newest, oldest];
}

/** Fetched once, into a cache of its own: the fleet's would prefer it to a newer download. */
async function debianServer(): Promise<ServerBinary | undefined> {
  const cacheDir = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'aet', 'nats-server-for-tests');
  const context = { cacheDir, env: process.env, minVersion: '2.9.10', log: () => {} };
  try {
    return await withServerCache(context, async (cached) => {
      const found = typeof cached === 'string' ? await debianPackage.find(context) : cached;
      if (typeof found === 'string') throw new Error(found);
      return found;
    });
  } catch {
    return undefined;
  }
}
