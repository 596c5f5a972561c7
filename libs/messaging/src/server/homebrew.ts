import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAtLeast, versionOf } from './nats-server-version.js';
import { BINARY_NAME } from './on-path.js';
import type { NatsServerBinary, Way, WayContext } from './way.js';

const run = promisify(execFile);
const INSTALL_MS = 300_000;

/** Homebrew's formula; it stays where Homebrew keeps it. */
export const homebrew: Way = {
  name: 'Homebrew',
  async find({ env, log, minVersion }: WayContext): Promise<NatsServerBinary | string> {
    if (
      !(await run('brew', ['--version'], { env, timeout: 30_000 }).then(
        () => true,
        () => false,
      ))
    )
      return 'no brew on PATH';
    try {
      log('installing nats-server with Homebrew');
      await run('brew', ['install', '--quiet', 'nats-server'], { env, timeout: INSTALL_MS });
      const { stdout } = await run('brew', ['--prefix', 'nats-server'], { env, timeout: 30_000 });
      const path = join(stdout.trim(), 'bin', BINARY_NAME);
      const version = await versionOf(path);
      if (version !== undefined && isAtLeast(version, minVersion)) return { path, version, how: 'from Homebrew' };
      return `it gives ${version ?? 'nothing that runs'}, and ${minVersion} or later is needed`;
    } catch (error) {
      return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    }
  },
};
