import { type AetConfig, loadConfig } from '@aet/config';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parse, stringify } from 'yaml';
import type { PlannedCell } from '../domain/fleet-plan.js';
import { writeFileAtomic } from './atomic-file.js';
import { childEnvironment } from './child-environment.js';
import type { GivenSecrets } from './fleet-secrets.js';
import { findFreePort, isFree } from './free-port.js';
import type { CellFolder, StateFolder } from './state-folder.js';

/** Ports that the supervisor itself hands out, because their users begin before any allocator runs. */
export type OwnPort = 'nats' | 'postgres' | 'gateway' | 'leaf';
type Ports = Partial<Record<OwnPort, number>>;

/** Ports of all cells of this fleet: two cells must not be given one. */
export type PortLedger = Set<number>;

/**
 * A cell's addresses, folders and secret files, as the configuration layer `runtime.yaml` that its services read.
 * Ports stay the same from start to start as long as they are free.
 */
export class CellRuntime {
  readonly folder: CellFolder;
  private readonly ports: Ports;
  private loaded: AetConfig | undefined;

  constructor(
    readonly cell: PlannedCell,
    private readonly state: StateFolder,
    private readonly given: GivenSecrets,
    private readonly ledger: PortLedger,
  ) {
    this.folder = state.cell(cell.name);
    this.ports = readPorts(this.folder.runtimeFile());
  }

  /** Folders, ports and the file. @throws {ConfigInvalid} {PortsExhausted} */
  async prepare(): Promise<void> {
    this.folder.create();
    this.write();
    for (const port of ['nats', 'postgres', 'gateway', ...(this.cell.peers.length > 0 ? (['leaf'] as const) : [])] as const) {
      await this.ensurePort(port);
    }
  }

  port(name: OwnPort): number {
    const port = this.ports[name];
    if (port === undefined) throw new Error(`the ${name} port of cell ${this.cell.name} was not chosen yet`);
    return port;
  }

  /** Keeps the port when it is free, else takes another and writes it down. Returns whether it changed. */
  async ensurePort(name: OwnPort): Promise<boolean> {
    const present = this.ports[name];
    if (present !== undefined && (this.ledger.has(present) ? this.mine.has(present) : true) && (await isFree(present))) {
      this.claim(present);
      return false;
    }
    const { service } = this.config.ports;
    const port = await findFreePort(service, `${this.state.project}\0${this.cell.name}\0${name}`, this.ledger);
    this.claim(port);
    this.ports[name] = port;
    this.write();
    return true;
  }
  private readonly mine = new Set<number>();

  private claim(port: number): void {
    this.mine.add(port);
    this.ledger.add(port);
  }

  /** The whole configuration of the cell, as its services see it. */
  get config(): AetConfig {
    return (this.loaded ??= loadConfig({ cwd: this.state.project, env: this.environment({}) }).config);
  }

  /** Of a child. */
  environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
    return childEnvironment(process.env, {
      ...more,
      AET_CONFIG_RUNTIME: this.folder.runtimeFile(),
      NODE_COMPILE_CACHE: this.state.compileCache(),
    });
  }

  private write(): void {
    const text = `# Written by the supervisor at every start; changes are lost.\n${stringify(this.layer())}`;
    if (existsSync(this.folder.runtimeFile()) && readFileSync(this.folder.runtimeFile(), 'utf8') === text) return;
    writeFileAtomic(this.folder.runtimeFile(), text);
    this.loaded = undefined;
  }

  private layer(): object {
    const { folder, given, ports } = this;
    return {
      cell: { name: this.cell.name, ...(this.cell.peers.length === 0 ? {} : { peers: [...this.cell.peers] }) },
      host: { name: this.cell.peers.length === 0 ? machineName() : this.cell.name },
      nats: {
        credentialsDir: folder.credentials(),
        ...(ports.nats === undefined ? {} : { servers: [`nats://127.0.0.1:${ports.nats}`] }),
      },
      database:
        given.databaseUrlFile === undefined
          ? {
              host: '127.0.0.1',
              ...(ports.postgres === undefined ? {} : { port: ports.postgres }),
              passwordFile: folder.postgresPassword(),
            }
          : { urlFile: given.databaseUrlFile },
      log: { dir: folder.logs() },
      outbox: { dir: folder.outbox() },
      agents: { workDir: folder.work() },
      ...(given.anthropicKeyFile === undefined ? {} : { models: { anthropic: { apiKeyFile: given.anthropicKeyFile } } }),
      gateway: {
        ...(ports.gateway === undefined ? {} : { port: ports.gateway }),
        tokenHashFile: this.state.tokenHashFile(),
        sessionKeyFile: this.state.secret('gateway-session.key'),
      },
    };
  }
}

/** A host's label stands in subjects: no dots. */
const machineName = (): string =>
  (hostname().split('.')[0] ?? '')
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64) || 'localhost';

/** From the last start. A file that is not ours is as good as none: it is written anew. */
function readPorts(file: string): Ports {
  try {
    const layer = parse(readFileSync(file, 'utf8')) as {
      nats?: { servers?: string[] };
      database?: { port?: number };
      gateway?: { port?: number };
    };
    const nats = Number(/:(\d+)$/.exec(layer.nats?.servers?.[0] ?? '')?.[1]);
    const entries = Object.entries({ nats, postgres: layer.database?.port, gateway: layer.gateway?.port });
    return Object.fromEntries(entries.filter(([, port]) => Number.isInteger(port)));
  } catch {
    return {};
  }
}
