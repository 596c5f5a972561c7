import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer } from '../src/index.js';
import { debianPackage } from '../src/server/debian-package.js';
import { goInstall } from '../src/server/go-install.js';
import { digestIn, releaseFrom } from '../src/server/release-archive.js';
import { withServerCache } from '../src/server/server-cache.js';
import { LeakCheck, NatsTestServer } from '../src/testing/index.js';

const leaks = new LeakCheck();
beforeAll(() => leaks.begin());
afterAll(() => leaks.end());

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'aet-find-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const script = async (name: string, body: string): Promise<string> => {
  const path = join(dir, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
};
const server = (version: string) => `echo "nats-server: v${version}"`;
const context = (env: NodeJS.ProcessEnv) => ({ env, cacheDir: join(dir, 'cache'), minVersion: '2.9.10', log: () => {} });

describe('finding a nats-server', () => {
  it('takes the first on PATH that is new enough, past an older one', async () => {
    const [old, recent] = [join(dir, 'old'), join(dir, 'recent')];
    await mkdir(old);
    await mkdir(recent);
    await script('old/nats-server', server('2.9.10'));
    const path = await script('recent/nats-server', server('2.13.0'));
    const env = { PATH: `${old}:${recent}` };
    expect(await findNatsServer({ env, minVersion: '2.12.7' })).toEqual({ path, version: '2.13.0', how: 'on PATH' });
    expect((await findNatsServer({ env })).version).toBe('2.9.10');
  });

  it('obeys AET_NATS_SERVER, and says what is wrong with it', async () => {
    const path = await script('mine', server('2.11.1'));
    expect(await findNatsServer({ env: { AET_NATS_SERVER: path } })).toMatchObject({ path, version: '2.11.1' });
    await expect(findNatsServer({ env: { AET_NATS_SERVER: path }, minVersion: '2.12.7' })).rejects.toThrow(
      /2\.12\.7 or later is needed/,
    );
    await expect(findNatsServer({ env: { AET_NATS_SERVER: join(dir, 'none') } })).rejects.toThrow(/correct or unset it/);
  });

  it('takes the pinned version from the cache before a newer one', async () => {
    for (const version of ['2.14.0', '2.15.2', '2.99.0']) {
      await mkdir(join(dir, 'cache', version), { recursive: true });
      await script(`cache/${version}/nats-server`, server(version));
    }
    const found = await findNatsServer({ env: { PATH: '' }, cacheDir: join(dir, 'cache') });
    expect(found).toMatchObject({ version: '2.15.2', how: "in the user's cache" });
  });

  it('builds once when two ask at the same time, and leaves nothing half-made', async () => {
    await script(
      'go',
      `[ "$1" = version ] && exit 0\necho x >> ${dir}/builds\nsleep 0.3\nprintf '#!/bin/sh\\necho "nats-server: v2.15.2"\\n' > "$GOBIN/nats-server"\nchmod +x "$GOBIN/nats-server"`,
    );
    const wanted = context({ PATH: `${dir}:/usr/bin:/bin` });
    const ask = () =>
      withServerCache(wanted, async (cached) => {
        const got = typeof cached === 'string' ? await goInstall.find(wanted) : cached;
        if (typeof got === 'string') throw new Error(got);
        return got;
      });
    const found = await Promise.all([ask(), ask()]);
    expect(found.map((binary) => binary.how).toSorted()).toEqual(['built by go install', "in the user's cache"]);
    expect(await readFile(join(dir, 'builds'), 'utf8')).toBe('x\n');
    expect(await readdir(join(dir, 'cache'))).toEqual(['2.15.2']);
  });

  it('takes over the lock of a process that is gone', async () => {
    await mkdir(join(dir, 'cache'));
    await writeFile(join(dir, 'cache', '.lock'), '4194305');
    const none = { path: 'x', version: '1', how: 'test' };
    expect(await withServerCache(context({}), async () => none)).toBe(none);
    expect(existsSync(join(dir, 'cache', '.lock'))).toBe(false);
  });

  it('says in one line why a build failed, and leaves no scratch folder', async () => {
    await script('go', `[ "$1" = version ] && exit 0\necho "first" >&2\necho "no network" >&2\nexit 1`);
    expect(await goInstall.find(context({ PATH: `${dir}:/usr/bin:/bin` }))).toBe('no network');
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
  });

  it("unpacks Debian's package without root, or says why not", async () => {
    const found = await debianPackage.find(context(process.env));
    const what = typeof found === 'string' ? found : `${found.version} ${existsSync(found.path)}`;
    expect(what).toMatch(typeof found === 'string' ? /\S/ : /^2\.\d+\.\d+ true$/);
    expect(await readdir(join(dir, 'cache')).catch(() => [])).not.toContainEqual(expect.stringMatching(/^\.fetch-/));
  });

  it('takes a release whose archive has the digest that the release says, and no other', async () => {
    const folder = `nats-server-v2.15.2-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
    await mkdir(join(dir, folder));
    await script(`${folder}/nats-server`, server('2.15.2'));
    await promisify(execFile)('tar', ['-czf', `${folder}.tar.gz`, folder], { cwd: dir });
    const archive = await readFile(join(dir, `${folder}.tar.gz`));
    let sums = `${createHash('sha256').update(archive).digest('hex')}  ${folder}.tar.gz\n`;
    const host = createServer((request, response) => response.end(request.url?.endsWith('/SHA256SUMS') ? sums : archive));
    await once(host.listen(0, '127.0.0.1'), 'listening');
    const { port } = host.address() as { port: number };
    const way = releaseFrom(`http://127.0.0.1:${port}`);
    expect(await way.find(context(process.env))).toMatchObject({ version: '2.15.2', how: 'downloaded release 2.15.2' });
    await rm(join(dir, 'cache'), { recursive: true });
    sums = `${'0'.repeat(64)}  ${folder}.tar.gz\n`;
    expect(await way.find(context(process.env))).toMatch(/has SHA-256 .* and its release says 0000.*: not used/);
    host.closeAllConnections();
    host.close();
    expect(await way.find(context(process.env))).toMatch(/fetch failed/);
    expect(await readdir(join(dir, 'cache'))).toEqual([]);
  });

  it('knows an archive by the digest beside it, and refuses a list that does not name it', () => {
    const digest = createHash('sha256').update('x').digest('hex');
    expect(digestIn(`${'0'.repeat(64)}  other.tar.gz\n${digest}  mine.tar.gz\n`, 'mine.tar.gz')).toBe(digest);
    expect(() => digestIn(`${digest}  other.tar.gz\n`, 'mine.tar.gz')).toThrow(/does not name mine.tar.gz/);
  });
});

describe('the private test server', () => {
  it('keeps its port over kill -9 and restart, and leaves nothing', async () => {
    let folder: string;
    {
      await using nats = await NatsTestServer.start();
      folder = nats.dir;
      const [port, first] = [nats.port, nats.pid];
      await nats.kill();
      await expect(greeting(port)).rejects.toThrow(/ECONNREFUSED/);
      await nats.restart();
      expect(nats.port).toBe(port);
      expect(nats.pid).not.toBe(first);
      expect(await greeting(port)).toMatch(/^INFO .*"jetstream":true/);
    }
    expect(existsSync(folder)).toBe(false);
  });

  it('stops even when paused', async () => {
    const nats = await NatsTestServer.start({ jetstream: false });
    nats.pause();
    await nats[Symbol.asyncDispose]();
    await expect(greeting(nats.port)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('shows the words of a server that refuses its configuration, and leaves nothing', async () => {
    await expect(NatsTestServer.start({ config: 'no_such_thing: [' })).rejects.toThrow(/did not start:\n.*Parse error on line/s);
  });
});

async function greeting(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    const [data] = (await once(socket, 'data')) as [Buffer];
    return data.toString('utf8');
  } finally {
    socket.destroy();
  }
}
