import { ServiceName } from '@aet/contracts';
import { NatsTestServer, type NatsTestServerOptions } from '@aet/messaging/testing';
import { PostgresTestServer } from '@aet/persistence/testing';
import { prepareCell } from '@aet/service-kit/testing';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChildProgram } from './child-program.ts';
import type { ServerName } from './fault.ts';
import { canMount, SmallDisk } from './small-disk.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { CAPABILITY } from './workload.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const CELL = 'chaos';
const SWEEP_MS = 500;
const SLOTS = 4;
/** Room for some hundred rounds. */
const STORE_MB = 128;
const OUTBOX_MB = 4;
const OUTBOX_BYTES = 3 * 2 ** 20;
const SEGMENT_BYTES = 2 ** 16;

/** What a world is made of. */
export interface Cast {
  orchestrators: number;
  workers: number;
  producers: number;
  /** Files of agents and of workflows by name, beside the agent that every world has; `$DIR` in them is the world's folder. */
  agents: Readonly<Record<string, string>>;
  workflows: Readonly<Record<string, string>>;
}
const PAIRS: Cast = { orchestrators: 2, workers: 2, producers: 2, agents: {}, workflows: {} };

/**
 * A cell of real processes: nats-server, PostgreSQL, orchestrators, agent hosts and producers (two of each, when nothing else is said), as they are built. Every process
 * reaches every server through a proxy of its own. It lives over many rounds, since a start costs more than a round.
 */
export class World implements AsyncDisposable {
  /** Of everything: what services log, and what executors and producers note. */
  readonly dir: string;
  readonly nats: NatsTestServer;
  readonly postgres: PostgresTestServer;
  readonly programs: Record<'producer' | 'orchestrator' | 'worker', ChildProgram[]> = {
    producer: [],
    orchestrator: [],
    worker: [],
  };
  private kept = false;
  private disks: Partial<Record<'nats' | 'outbox', SmallDisk>> = {};
  private readonly proxies: Record<ServerName, TcpProxy[]> = { nats: [], postgres: [] };
  /** Hears what producers say, and which of them started. */
  producerListener: (producer: ChildProgram, message: unknown) => void = () => undefined;

  /** After this a task of a silent host is offered again. Milliseconds. */
  readonly ackWaitMs: number;

  private readonly cast: Cast;

  private constructor(dir: string, nats: NatsTestServer, postgres: PostgresTestServer, ackWaitMs: number, cast: Cast) {
    this.dir = dir;
    this.cast = cast;
    this.ackWaitMs = ackWaitMs;
    this.nats = nats;
    this.postgres = postgres;
  }

  static async start(ackWaitMs: number, cast: Cast = PAIRS): Promise<World> {
    const dir = mkdtempSync(join(tmpdir(), 'aet-chaos-'));
    const disk = canMount ? SmallDisk.mount(join(dir, 'store'), STORE_MB) : undefined;
    const [nats, postgres] = await Promise.all([
      NatsTestServer.start(disk === undefined ? {} : storedOn(disk)),
      PostgresTestServer.start(),
    ]);
    const world = new World(dir, nats, postgres, ackWaitMs, cast);
    if (disk !== undefined) world.disks = { nats: disk, outbox: SmallDisk.mount(join(dir, 'outbox'), OUTBOX_MB) };
    try {
      await world.open();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where executors note what they do in a round. */
  notes(round: string): string {
    return join(this.dir, 'notes', round);
  }

  proxiesTo(server: ServerName): readonly TcpProxy[] {
    return this.proxies[server];
  }

  /** @throws where no disk can be mounted */
  disk(of: 'nats' | 'outbox'): SmallDisk {
    const disk = this.disks[of];
    if (disk === undefined) throw new Error(`the folder of ${of} is on no disk of its own: that needs Linux and root`);
    return disk;
  }

  /** As each start of a fleet does: makes the streams that are not there, and tidies up. */
  async provision(): Promise<void> {
    const config = { cell: { name: CELL, peers: [] }, work: { ackWaitMs: this.ackWaitMs } };
    await prepareCell(this.nats.url, { capabilities: [CAPABILITY, ...Object.keys(this.cast.agents)], config });
  }

  /** Leaves the folder behind, for whoever looks for the cause of something. */
  keep(): string {
    this.kept = true;
    return this.dir;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { producer, orchestrator, worker } = this.programs;
    for (const programs of [producer, worker, orchestrator])
      await Promise.allSettled(programs.map((program) => program[Symbol.asyncDispose]()));
    await Promise.all([...this.proxies.nats, ...this.proxies.postgres].map((proxy) => proxy[Symbol.asyncDispose]()));
    await Promise.all([this.nats[Symbol.asyncDispose](), this.postgres.stop()]);
    for (const disk of Object.values(this.disks)) disk[Symbol.dispose]();
    if (!this.kept) rmSync(this.dir, { recursive: true, force: true });
  }

  private async open(): Promise<void> {
    for (const folder of ['notes', 'agents', 'workflows', 'work', 'log']) mkdirSync(join(this.dir, folder));
    writeFileSync(join(this.dir, 'agents/chaos.md'), this.agentFile());
    this.write('agents', 'md', this.cast.agents);
    this.write('workflows', 'yaml', this.cast.workflows);
    await this.provision();
    // The first orchestrator makes the tables; each of the others would wait for it.
    await this.add('orchestrator', 0);
    const { orchestrators, workers, producers } = this.cast;
    await Promise.all([
      ...Array.from({ length: orchestrators - 1 }, (_, index) => this.add('orchestrator', index + 1)),
      ...Array.from({ length: workers }, (_, index) => this.add('worker', index)),
      ...Array.from({ length: producers }, (_, index) => this.add('producer', index)),
    ]);
  }

  private write(folder: string, ending: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(this.dir, folder, `${name}.${ending}`), text.replaceAll('$DIR', this.dir));
  }

  private agentFile(): string {
    const command = ['sh', here('executor.sh'), join(this.dir, 'notes')];
    return `---\nname: chaos\ndescription: Notes what it does.\naet:\n  executor: command\n  capabilities: [${CAPABILITY}]\n  command: ${JSON.stringify(command)}\n---\n`;
  }

  private async add(name: 'producer' | 'orchestrator' | 'worker', index: number): Promise<void> {
    const nats = await this.proxy('nats', this.nats.port);
    const shared = { name: `${name} ${index + 1}`, cwd: this.dir, logFile: join(this.dir, 'log', `${name}-${index + 1}.log`) };
    let program: ChildProgram | undefined;
    const tell = (message: unknown): void => {
      if (program !== undefined) this.producerListener(program, message);
    };
    const options =
      name === 'producer'
        ? { module: here('producer.ts'), args: [nats, CELL], env: {}, onMessage: tell, onReady: () => tell({ kind: 'ready' }) }
        : {
            module: here(`../../apps/${name === 'worker' ? ServiceName.Agent : name}/dist/main.js`),
            env: await this.environment(name, nats),
          };
    program = await ChildProgram.start({ ...shared, ...options });
    this.programs[name][index] = program;
  }

  private async proxy(server: ServerName, port: number): Promise<string> {
    const proxy = await TcpProxy.to(port);
    this.proxies[server].push(proxy);
    return server === 'nats' ? `nats://127.0.0.1:${proxy.port}` : String(proxy.port);
  }

  private async environment(name: 'orchestrator' | 'worker', nats: string): Promise<Record<string, string>> {
    const { host, name: database, user, passwordFile } = this.postgres.config;
    const values = {
      nats: { servers: [nats] },
      cell: { name: CELL },
      http: { port: await freePort() },
      work: { ackWaitMs: this.ackWaitMs, workingMs: this.ackWaitMs / 3, slots: SLOTS },
      runs: { sweepMs: SWEEP_MS, workflowDirs: [join(this.dir, 'workflows')] },
      outbox: { dir: join(this.dir, 'outbox'), maxBytes: OUTBOX_BYTES, segmentBytes: SEGMENT_BYTES },
      agents: { dirs: [join(this.dir, 'agents')], workDir: join(this.dir, 'work') },
      ...(name === 'worker'
        ? {}
        : {
            database: { host, port: await this.proxy('postgres', this.postgres.config.port), name: database, user, passwordFile },
          }),
    };
    return Object.fromEntries(
      Object.entries(values).flatMap(([section, keys]) =>
        Object.entries(keys as object).map(([key, value]) => [
          `AET__${section}__${key}`,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    );
  }
}

/** The server reserves what its streams may grow to, and would refuse them on so small a disk: it is told that there is more. */
const storedOn = (disk: SmallDisk): NatsTestServerOptions => ({
  config: ({ port }) =>
    `listen: "127.0.0.1:${port}"\njetstream: { store_dir: ${JSON.stringify(disk.dir)}, max_file_store: 100GB }\n`,
});

/** A service with a port of its own asks no registry for one, and here is none. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
