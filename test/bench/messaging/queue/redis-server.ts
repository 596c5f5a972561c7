import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const folder = fileURLToPath(new URL('../../.peers/redis/', import.meta.url));
const READY = /Ready to accept connections/;
const READY_MS = 10_000;

/** A redis-server of the bench's own, with the append-only file flushed every second, and nothing else written. Gone with the scope. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly version: string;
  private readonly child: ChildProcess;
  private readonly dir: string;

  private constructor(port: number, version: string, child: ChildProcess, dir: string) {
    this.port = port;
    this.version = version;
    this.child = child;
    this.dir = dir;
  }

  static async start(binary: string): Promise<RedisServer> {
    const dir = mkdtempSync(join(tmpdir(), 'aet-redis-'));
    const port = await freePort();
    const settings = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--dir', dir, '--bind', '127.0.0.1'];
    const child = spawn(binary, ['--port', String(port), ...settings], { stdio: ['ignore', 'pipe', 'inherit'] });
    await ready(child);
    const version = /v=([0-9.]+)/.exec((await run(binary, ['--version'])).stdout)?.[1] ?? 'unknown';
    return new RedisServer(port, version, child, dir);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The one on PATH, else Debian's package unpacked into a folder of the bench. Undefined where neither can be had. */
export async function findRedis(): Promise<string | undefined> {
  const unpacked = join(folder, 'usr', 'bin', 'redis-server');
  for (const binary of ['redis-server', unpacked]) if (await runs(binary)) return binary;
  await unpackPackages().catch(() => undefined);
  return (await runs(unpacked)) ? unpacked : undefined;
}

const runs = (binary: string): Promise<boolean> =>
  run(binary, ['--version']).then(
    () => true,
    () => false,
  );

async function unpackPackages(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await run('apt-get', ['download', '-q', 'redis-server', 'redis-tools'], { cwd: folder });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    await run('dpkg', ['-x', file, folder], { cwd: folder });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function ready(child: ChildProcess): Promise<void> {
  const deadline = AbortSignal.timeout(READY_MS);
  let words = '';
  for await (const [chunk] of child.stdout === null ? [] : onData(child.stdout, deadline)) {
    words += String(chunk);
    if (READY.test(words)) return;
  }
  throw new Error(`redis-server did not start:\n${words}`);
}

async function* onData(stream: NodeJS.ReadableStream, signal: AbortSignal): AsyncGenerator<[Buffer]> {
  while (!signal.aborted) yield (await once(stream, 'data', { signal })) as [Buffer];
}
