import { Unavailable } from '@aet/contracts';
import {
  connectNats,
  ensureCredentials,
  findNatsServer,
  JetStreamTopology,
  leafSeedConfig,
  OLDEST_FOR_MANY_CELLS,
  OLDEST_FOR_ONE_CELL,
  OtherUser,
  readSeed,
  renderServerConfig,
  type ServerConfigOptions,
} from '@aet/messaging';
import { retrying } from '@aet/resilience';
import type { Launched } from '../application/ports.js';
import type { PlannedCell, PlannedProcess } from '../domain/fleet-plan.js';
import { capabilitiesOf } from './agent-capabilities.js';
import { writeFileAtomic } from './atomic-file.js';
import type { CellRuntime } from './cell-runtime.js';
import type { LaunchRecipe } from './launch-recipe.js';
import { answering } from './postgres-recipe.js';
import { SpawnedChild } from './spawned-child.js';

const LOOPBACK = '127.0.0.1';

export interface NatsServerParts {
  runtimeOf: (cell: string) => CellRuntime;
  /** True once services know the ports. */
  portIsKnown: () => boolean;
  cells: readonly PlannedCell[];
  say: (line: string) => void;
}

/** A cell's nats-server. It is ready when it has the cell's streams, consumers and buckets: they are ensured after every start. */
export class NatsServerRecipe implements LaunchRecipe {
  constructor(private readonly parts: NatsServerParts) {}

  async launch(planned: PlannedProcess): Promise<Launched> {
    const runtime = this.parts.runtimeOf(planned.cell);
    const binary = await findNatsServer({
      minVersion: this.parts.cells.length > 1 ? OLDEST_FOR_MANY_CELLS : OLDEST_FOR_ONE_CELL,
      log: this.parts.say,
    });
    // The leaf port stays: other cells may have been told already.
    if (!this.parts.portIsKnown()) await runtime.ensurePort('nats');
    writeFileAtomic(runtime.folder.serverConfig(), renderServerConfig(await this.serverConfig(runtime)));
    const output = runtime.folder.outputOf(planned.name);
    const child = await SpawnedChild.spawn({
      program: binary.path,
      args: ['-c', runtime.folder.serverConfig()],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TZ: process.env['TZ'] },
      cwd: runtime.folder.nats(),
      output,
      ipc: false,
    });
    const over = new AbortController();
    const exited = child.exited.then((end) => {
      over.abort();
      return `${end}${said(child)}`;
    });
    return {
      identity: child.identity,
      ready: answering(provision(runtime, over.signal), over.signal, { url: `nats://${LOOPBACK}:${runtime.port('nats')}` }),
      exited,
      signal: (signal) => child.signal(signal),
    };
  }

  private async serverConfig(runtime: CellRuntime): Promise<ServerConfigOptions> {
    const { folder, cell } = runtime;
    const leaf = await this.leaf(runtime);
    return {
      namespace: runtime.config.namespace,
      cell: cell.name,
      peers: cell.peers,
      listen: { host: LOOPBACK, port: runtime.port('nats') },
      keys: await ensureCredentials(folder.credentials()),
      storeDir: folder.jetstream(),
      configDir: folder.nats(),
      ...(leaf === undefined ? {} : { leaf }),
    };
  }

  /** The first cell listens and knows the keys of the others; they dial it. */
  private async leaf({ cell, folder }: CellRuntime): Promise<ServerConfigOptions['leaf']> {
    const [first, ...others] = this.parts.cells;
    if (first === undefined || others.length === 0) return undefined;
    if (cell.name === first.name) {
      const credentials = others.map((other) => this.parts.runtimeOf(other.name).folder.credentials());
      const keys = await Promise.all(credentials.map((dir) => ensureCredentials(dir)));
      return { listen: { host: LOOPBACK, port: this.leafPort(first) }, peerKeys: keys.map((key) => key.leaf) };
    }
    return {
      remotes: [{ url: `nats-leaf://${LOOPBACK}:${this.leafPort(first)}`, seedConfig: leafSeedConfig(folder.credentials()) }],
    };
  }

  private leafPort(first: PlannedCell): number {
    return this.parts.runtimeOf(first.name).port('leaf');
  }
}

/** Resolves when the server answers and has all that the cell needs. */
async function provision(runtime: CellRuntime, gone: AbortSignal): Promise<void> {
  const { config, folder } = runtime;
  const user = OtherUser.Provisioner;
  const seed = await readSeed(folder.credentials(), user);
  const link = await retrying(() => connectNats({ servers: config.nats.servers, user, seed, name: 'aet-provisioner' }), {
    initialMs: 20,
    maxMs: 250,
    signal: gone,
    retryable: (error) => error instanceof Unavailable,
  });
  try {
    await new JetStreamTopology(link).ensure({
      namespace: config.namespace,
      cell: config.cell.name,
      capabilities: capabilitiesOf(config.agents.dirs),
      ackWaitMs: config.work.ackWaitMs,
      leaseTtlMs: config.lease.ttlMs,
      workMaxBytes: config.work.maxBytes,
      peers: config.cell.peers,
    });
  } finally {
    await link.close();
  }
}

/** nats-server marks what ended it. */
function said(child: SpawnedChild): string {
  const line = child.lastLines(20).findLast((text) => text.includes('[FTL]') || text.startsWith('nats-server: '));
  return line === undefined ? '' : `: ${line.replace(/^.*\[FTL\] /, '')}`;
}
