import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PINNED_NATS_SERVER } from './nats-server-version.js';
import { BINARY_NAME } from './on-path.js';
import { intoCache } from './server-cache.js';
import { tarEntry } from './tar-entry.js';
import type { NatsServerBinary, Way, WayContext } from './way.js';

const RELEASE = `https://github.com/nats-io/nats-server/releases/download/v${PINNED_NATS_SERVER}`;
/** The checksum file is small: when it is not here by then, there is no way to the internet worth waiting for. */
const PROBE_MS = 5_000;
/** 8 MB over a slow line. */
const ARCHIVE_MS = 180_000;

const OS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', freebsd: 'freebsd' };
const ARCH: Record<string, string> = { x64: 'amd64', arm64: 'arm64', arm: 'arm7', ia32: '386', s390x: 's390x', ppc64: 'ppc64le' };

/** The pinned release from its project's page, checked against the SHA-256 list that the release publishes beside it. */
export const releaseArchive: Way = releaseFrom(RELEASE);

/** @param base address under which the archives and their `SHA256SUMS` lie */
export function releaseFrom(base: string): Way {
  return {
    name: `release ${PINNED_NATS_SERVER}`,
    async find(context: WayContext): Promise<NatsServerBinary | string> {
      const [os, arch] = [OS[process.platform], ARCH[process.arch]];
      if (os === undefined || arch === undefined) return `there is no archive for ${process.platform}/${process.arch}`;
      const archive = `nats-server-v${PINNED_NATS_SERVER}-${os}-${arch}.tar.gz`;
      return intoCache(context, `downloaded release ${PINNED_NATS_SERVER}`, async (scratch) => {
        const wanted = digestIn((await download(`${base}/SHA256SUMS`, PROBE_MS)).toString('utf8'), archive);
        context.log(`downloading ${base}/${archive}`);
        const bytes = await download(`${base}/${archive}`, ARCHIVE_MS);
        const found = createHash('sha256').update(bytes).digest('hex');
        if (found !== wanted) throw new Error(`${archive} has SHA-256 ${found}, and its release says ${wanted}: not used`);
        const binary = join(scratch, BINARY_NAME);
        await writeFile(binary, tarEntry(gunzipSync(bytes), `/${BINARY_NAME}`), { mode: 0o755 });
        return binary;
      });
    },
  };
}

async function download(url: string, limitMs: number): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The digest of a file in the format of `sha256sum`. */
export function digestIn(sums: string, file: string): string {
  const digest = sums
    .split('\n')
    .map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line.trim()))
    .find((match) => match?.[2] === file)?.[1];
  if (digest === undefined) throw new Error(`the release's SHA256SUMS does not name ${file}`);
  return digest;
}
