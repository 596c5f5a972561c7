import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { intoCache } from './server-cache.js';
import type { NatsServerBinary, Way, WayContext } from './way.js';

const run = promisify(execFile);
const DOWNLOAD_MS = 60_000;

/** Debian's or Ubuntu's own package, unpacked into the cache: no root, nothing installed, no service started. apt checks its signature. */
export const debianPackage: Way = {
  name: "Debian's package",
  async find(context: WayContext): Promise<NatsServerBinary | string> {
    const tool = { env: context.env, timeout: 10_000 };
    if (
      !(await run('apt-get', ['--version'], tool).then(
        () => true,
        () => false,
      ))
    )
      return 'no apt-get on PATH';
    return intoCache(context, "Debian's package, unpacked", async (scratch) => {
      context.log('fetching the Debian package of nats-server');
      await run('apt-get', ['download', '-q', 'nats-server'], { cwd: scratch, env: context.env, timeout: DOWNLOAD_MS });
      const file = (await readdir(scratch)).find((name) => name.endsWith('.deb'));
      if (file === undefined) throw new Error('apt-get downloaded no package');
      await run('dpkg', ['-x', join(scratch, file), scratch], { env: context.env, timeout: DOWNLOAD_MS });
      return join(scratch, 'usr', 'sbin', 'nats-server');
    });
  },
};
