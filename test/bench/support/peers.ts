import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../.peers/', import.meta.url));

/** What AET is measured beside. Kept out of the project's own dependencies, in a folder that git ignores. */
const PEERS: Readonly<Record<string, string>> = {
  moleculer: '^0.15.0',
  nats: '^2.29.3',
  bullmq: '^5',
  'graphile-worker': '^0.18.0',
  'pg-boss': '>=12.30.0 <12.38.0',
};

/** Installs the peers, once. Returns their versions by name. */
export function installPeers(): Record<string, string> {
  const manifest = JSON.stringify({ name: 'aet-bench-peers', private: true, dependencies: PEERS }, null, 2);
  const path = join(folder, 'package.json');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(path) || readFileSync(path, 'utf8') !== manifest || !existsSync(join(folder, 'node_modules'))) {
    writeFileSync(path, manifest);
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return Object.fromEntries(Object.keys(PEERS).map((name) => [name, versionOf(name)]));
}

/** Where a peer's own code is imported from: `requirePeer('bullmq')`. */
export const requirePeer: NodeJS.Require = createRequire(join(folder, 'package.json'));

function versionOf(name: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as { version: string };
  return version;
}
