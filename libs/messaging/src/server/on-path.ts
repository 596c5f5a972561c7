import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isAtLeast, versionOf } from './nats-server-version.js';
import type { NatsServerBinary, Way, WayContext } from './way.js';

export const BINARY_NAME = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';

/** The first on PATH that is new enough; an older one before it does not hide it. */
export const onPath: Way = {
  name: 'PATH',
  async find({ env, minVersion }: WayContext): Promise<NatsServerBinary | string> {
    const tooOld: string[] = [];
    for (const path of candidates(env['PATH'] ?? '')) {
      if (!(await isExecutable(path))) continue;
      const version = await versionOf(path);
      if (version !== undefined && isAtLeast(version, minVersion)) return { path, version, how: 'on PATH' };
      if (version !== undefined) tooOld.push(`${path} is ${version}`);
    }
    return tooOld.length > 0 ? `too old (${tooOld.join(', ')})` : 'no nats-server there';
  },
};

const candidates = (path: string): string[] =>
  path
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, BINARY_NAME));

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
