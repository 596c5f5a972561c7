import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PINNED_NATS_SERVER } from './nats-server-version.js';
import { BINARY_NAME } from './on-path.js';
import { intoCache } from './server-cache.js';
import type { NatsServerBinary, Way, WayContext } from './way.js';

const run = promisify(execFile);
/** 32 s were measured on two cores; a slow machine also fetches a Go toolchain first. */
const BUILD_MS = 600_000;

/** Builds the pinned version from source. Go checks the module against its checksum database, unless the user's Go settings say otherwise. */
export const goInstall: Way = {
  name: 'go install',
  async find(context: WayContext): Promise<NatsServerBinary | string> {
    const go = { env: context.env, timeout: 10_000 };
    if (
      !(await run('go', ['version'], go).then(
        () => true,
        () => false,
      ))
    )
      return 'no go on PATH';
    return intoCache(context, `built by go install`, async (scratch) => {
      context.log(`building nats-server ${PINNED_NATS_SERVER} with go install`);
      await run('go', ['install', `github.com/nats-io/nats-server/v2@v${PINNED_NATS_SERVER}`], {
        env: { ...context.env, GOBIN: scratch },
        timeout: BUILD_MS,
      });
      return join(scratch, BINARY_NAME);
    });
  },
};
