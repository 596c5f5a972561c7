import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  JetStreamTopology,
  type NatsLink,
  type NatsUser,
  OtherUser,
  type PublicKeys,
  type ServerConfigOptions,
  connectNats,
  ensureCredentials,
  readSeed,
  renderServerConfig,
} from '../src/index.js';
import { NatsTestServer } from '../src/testing/index.js';

export interface CellKeys {
  dir: string;
  keys: PublicKeys;
}

/** Keys of a cell that is not there yet. */
export async function guardedKeys(): Promise<CellKeys> {
  const dir = await mkdtemp(join(tmpdir(), 'aet-keys-'));
  return { dir, keys: await ensureCredentials(dir) };
}

/** A cell's server with the real accounts and permissions, and its topology; users log in with their own keys. */
export class GuardedCell implements AsyncDisposable {
  private readonly links: NatsLink[] = [];

  private constructor(
    readonly cell: string,
    readonly server: NatsTestServer,
    readonly keys: PublicKeys,
    readonly credentialsDir: string,
  ) {}

  static async start(
    binary: string,
    cell = 'c1',
    more: Partial<ServerConfigOptions> = {},
    known?: CellKeys,
  ): Promise<GuardedCell> {
    const { dir: credentialsDir, keys } = known ?? (await guardedKeys());
    const config = ({ dir, port }: { dir: string; port: number }): string =>
      renderServerConfig({
        namespace: 'default',
        cell,
        listen: { host: '127.0.0.1', port },
        keys,
        storeDir: join(dir, 'jetstream'),
        configDir: dir,
        ...more,
      });
    const server = await NatsTestServer.start({ binary, config });
    const guarded = new GuardedCell(cell, server, keys, credentialsDir);
    await guarded.provision([]);
    return guarded;
  }

  /** @param peers a server asks for what it is to copy when the copy is made, and then ever less often: so make it when they are there */
  async provision(peers: readonly string[]): Promise<void> {
    await new JetStreamTopology(await this.as(OtherUser.Provisioner)).ensure({
      namespace: 'default',
      cell: this.cell,
      capabilities: ['alpha'],
      ackWaitMs: 5_000,
      leaseTtlMs: 5_000,
      peers,
    });
  }

  async as(user: NatsUser): Promise<NatsLink> {
    const seed = await readSeed(this.credentialsDir, user);
    const link = await connectNats({ servers: [this.server.url], user, seed, name: `${user}-1` });
    this.links.push(link);
    return link;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
    await this.server[Symbol.asyncDispose]();
    await rm(this.credentialsDir, { recursive: true, force: true });
  }
}
