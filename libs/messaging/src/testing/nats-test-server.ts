import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findNatsServer } from '../server/find-nats-server.js';

/** A server that is not ready by then will not be. It takes about 25 ms. */
const READY_MS = 10_000;
const POLL_MS = 5;
/** How long a server may take to stop by itself. */
const STOP_MS = 5_000;

export interface NatsTestServerOptions {
  /** Default true: file store in the server's own folder. */
  jetstream?: boolean;
  /** Default: what `findNatsServer` finds. */
  binary?: string;
  /** More lines of configuration, such as accounts; or a function that gives all of it, listening on `127.0.0.1:<port>`. */
  config?: string | ((own: { dir: string; port: number }) => string);
}

/**
 * A nats-server of the test's own: a free port, a store in a temporary folder, gone with the scope.
 * `await using nats = await NatsTestServer.start()`. The port and the store stay the same over `kill` and `restart`.
 */
export class NatsTestServer implements AsyncDisposable {
  private child: ChildProcess | undefined;
  private paused = false;
  private readonly words: string[] = [];
  private readonly endWithUs = () => this.child?.kill('SIGKILL');

  private constructor(
    /** Folder of configuration and store. */
    readonly dir: string,
    private readonly binary: string,
    private readonly options: NatsTestServerOptions,
    private portNumber: number,
  ) {
    // A test runner that ends in a hurry must not leave servers behind.
    process.once('exit', this.endWithUs);
  }

  static async start(options: NatsTestServerOptions = {}): Promise<NatsTestServer> {
    const binary = options.binary ?? (await findNatsServer()).path;
    const dir = await mkdtemp(join(tmpdir(), 'aet-nats-'));
    const server = new NatsTestServer(dir, binary, options, -1);
    try {
      await server.launch();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  get port(): number {
    return this.portNumber;
  }
  get url(): string {
    return `nats://127.0.0.1:${this.portNumber}`;
  }
  get pid(): number | undefined {
    return this.child?.pid;
  }
  /** What the server logged since its first start. */
  get log(): string {
    return this.words.join('');
  }

  /** As a power cut of the process: SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }
  /** As a hung machine: connections stay open and nothing answers. */
  pause(): void {
    this.paused = this.child?.kill('SIGSTOP') ?? false;
  }
  resume(): void {
    this.child?.kill('SIGCONT');
    this.paused = false;
  }
  /** Ends it when it runs, and starts it again on the same port and store. Resolves when it is ready. */
  async restart(): Promise<void> {
    await this.stop();
    await this.launch();
  }
  async stop(): Promise<void> {
    if (this.paused) this.resume();
    await this.end('SIGTERM');
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    process.removeListener('exit', this.endWithUs);
    await rm(this.dir, { recursive: true, force: true });
  }

  private async launch(): Promise<void> {
    const config = join(this.dir, 'server.conf');
    await writeFile(config, this.configuration());
    const child = spawn(this.binary, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    child.on('error', (error) => this.words.push(`${error.message}\n`));
    child.stderr.on('data', (chunk: Buffer) => this.words.push(chunk.toString('utf8')));
    this.child = child;
    this.paused = false;
    const deadline = performance.now() + READY_MS;
    while (!(await this.isReady(child))) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined || performance.now() > deadline) {
        throw new Error(`nats-server (${this.binary}) did not start:\n${this.log.slice(-4000)}`);
      }
      await sleep(POLL_MS);
    }
  }

  private configuration(): string {
    const { config, jetstream } = this.options;
    const portsFile = `ports_file_dir: ${JSON.stringify(this.dir)}`;
    if (typeof config === 'function') return [config({ dir: this.dir, port: this.portNumber }), portsFile, ''].join('\n');
    const store = JSON.stringify(join(this.dir, 'jetstream'));
    return [
      `listen: "127.0.0.1:${this.portNumber}"`,
      portsFile,
      jetstream === false ? '' : `jetstream: { store_dir: ${store} }`,
      config ?? '',
      '',
    ].join('\n');
  }

  /** The server writes the ports it got into a file; from then on the port is ours, so that clients find it after a restart. */
  private async isReady(child: ChildProcess): Promise<boolean> {
    if (this.portNumber === -1) {
      const text = await readFile(join(this.dir, `nats-server_${child.pid}.ports`), 'utf8').catch(() => '');
      const port = /nats:\/\/[^"]*:(\d+)/.exec(text)?.[1];
      if (port === undefined) return false;
      this.portNumber = Number(port);
    }
    return accepts(this.portNumber);
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child;
    if (child === undefined || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(force);
  }
}

/** Whether something greets on the port; a nats-server speaks first. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (ready: boolean) => {
      socket.destroy();
      resolve(ready);
    };
    socket.once('data', () => end(true));
    socket.once('error', () => end(false));
    socket.once('close', () => end(false));
  });
}
