import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
    const version = /v=([0-9.]+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
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
export function findRedis(): string | undefined {
  const unpacked = join(folder, 'usr', 'bin', 'redis-server');
  return ['redis-server', unpacked].find(runs) ?? (unpackPackages() && runs(unpacked) ? unpacked : undefined);
}

function runs(binary: string): boolean {
  try {
    execFileSync(binary, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function unpackPackages(): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync('apt-get', ['download', '-q', 'redis-server', 'redis-tools'], { cwd: folder, stdio: 'ignore' });
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
      execFileSync('dpkg', ['-x', file, folder], { cwd: folder });
    return existsSync(folder);
  } catch {
    return false;
  }
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
