import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a group of benchmarks is measured beside. Kept out of the project's own dependencies, in a folder that git ignores. */
class Peers {
  /** Where a peer's own code is imported from: `require('bullmq')`. */
  readonly require: NodeJS.Require;
  private readonly folder: string;
  private readonly ranges: Readonly<Record<string, string>>;

  constructor(group: string, ranges: Readonly<Record<string, string>>) {
    this.folder = fileURLToPath(new URL(`../.peers/${group}/`, import.meta.url));
    this.ranges = ranges;
    this.require = createRequire(join(this.folder, 'package.json'));
  }

  /** Installs the peers, once. Returns their versions by name. */
  install(): Record<string, string> {
    const manifest = JSON.stringify({ name: 'aet-bench-peers', private: true, dependencies: this.ranges }, null, 2);
    const path = join(this.folder, 'package.json');
    mkdirSync(this.folder, { recursive: true });
    if (!existsSync(path) || readFileSync(path, 'utf8') !== manifest || !existsSync(join(this.folder, 'node_modules'))) {
      writeFileSync(path, manifest);
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
        cwd: this.folder,
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    }
    return Object.fromEntries(Object.keys(this.ranges).map((name) => [name, this.versionOf(name)]));
  }

  private versionOf(name: string): string {
    const { version } = JSON.parse(readFileSync(join(this.folder, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
    };
    return version;
  }
}

export const messagingPeers = new Peers('messaging', {
  moleculer: '^0.15.0',
  nats: '^2.29.3',
  bullmq: '^5',
  'graphile-worker': '^0.18.0',
  'pg-boss': '>=12.30.0 <12.38.0',
});

export const runsPeers = new Peers('runs', {
  '@temporalio/activity': '^1.24.0',
  '@temporalio/client': '^1.24.0',
  '@temporalio/worker': '^1.24.0',
  '@temporalio/workflow': '^1.24.0',
  '@restatedev/restate-sdk': '^1.17.0',
  '@restatedev/restate-server': '^1.7.0',
});
