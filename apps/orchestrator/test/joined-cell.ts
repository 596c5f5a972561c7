import { once } from 'node:events';
import { createServer } from 'node:net';
import { NotFound, ServiceName, TASK_SCHEMA_VERSION, type TaskMessage } from '@aet/contracts';
import {
  connectNats,
  JetStreamTopology,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  type NatsLink,
  NatsRpcClient,
  type Outcome,
} from '@aet/messaging';
import { BreakableLink, NatsTestServer } from '@aet/messaging/testing';
import { PostgresTestServer } from '@aet/persistence/testing';
import { startService, type TestService } from '@aet/service-kit/testing';
import { OrchestratorModule } from '../src/orchestrator.module.js';

const CAPABILITIES = ['split', 'work', 'collect'];
const ACK_WAIT_MS = 2_000;

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/** Gives an output, or nothing: then the attempt is not this host's to do any more. */
export type Perform = (task: TaskMessage) => Promise<{ output: unknown } | undefined>;

/** One of several cells, with servers of its own, joined to the others by a leaf link. */
export class JoinedCell implements AsyncDisposable {
  private readonly closing: (() => Promise<unknown>)[] = [];
  private link: NatsLink | undefined;

  private constructor(
    readonly name: string,
    private readonly peers: string[],
    readonly nats: NatsTestServer,
    readonly postgres: PostgresTestServer,
  ) {}

  /** @param leaf lines of the server's configuration that join it */
  static async start(name: string, peers: string[], leaf: string): Promise<JoinedCell> {
    const config = ({ dir, port }: { dir: string; port: number }): string =>
      [
        `server_name: ${name}`,
        `listen: "127.0.0.1:${port}"`,
        `jetstream: { store_dir: ${JSON.stringify(`${dir}/jetstream`)}, domain: ${name} }`,
        `leafnodes: { reconnect: "1s", ${leaf} }`,
      ].join('\n');
    const [nats, postgres] = await Promise.all([NatsTestServer.start({ config }), PostgresTestServer.start()]);
    const cell = new JoinedCell(name, peers, nats, postgres);
    await new JetStreamTopology(await cell.connected()).ensure({
      namespace: 'default',
      cell: name,
      capabilities: CAPABILITIES,
      peers,
      ackWaitMs: ACK_WAIT_MS,
      leaseTtlMs: 3_000,
    });
    return cell;
  }

  private async connected(): Promise<NatsLink> {
    return (this.link ??= await connectNats({ servers: [this.nats.url], user: 'provisioner', name: 'test' }));
  }

  /** A replica as in production, over links that can be cut: cut, it is for all others as if it had been killed. */
  async orchestrator(): Promise<TestService & { cut(): void; heal(): void }> {
    const [toNats, toPostgres] = await Promise.all([
      BreakableLink.to(this.nats.port),
      BreakableLink.to(this.postgres.config.port),
    ]);
    const { passwordFile, name, user, host } = this.postgres.config;
    const service = await startService(
      {
        service: ServiceName.Orchestrator,
        module: OrchestratorModule,
        ports: () => ({ allocate: () => Promise.reject(new NotFound('no allocator here')), release: () => Promise.resolve() }),
      },
      {
        nats: `nats://127.0.0.1:${toNats.port}`,
        config: {
          cell: { name: this.name, peers: this.peers },
          database: { host, port: toPostgres.port, name, user, passwordFile },
          runs: { sweepMs: 300 },
          work: { ackWaitMs: ACK_WAIT_MS, workingMs: 500, drainMs: 5_000 },
        },
        onFatal: () => undefined,
      },
    );
    this.closing.push(async () => {
      await service.stop();
      await Promise.all([toNats[Symbol.asyncDispose](), toPostgres[Symbol.asyncDispose]()]);
    });
    const both = (act: (link: BreakableLink) => void) => () => [toNats, toPostgres].forEach(act);
    return Object.assign(service, { cut: both((link) => link.cut()), heal: both((link) => link.heal()) });
  }

  async rpc(): Promise<NatsRpcClient> {
    return new NatsRpcClient(await this.connected(), { namespace: 'default', defaultTimeoutMs: 20_000 });
  }

  /** A host of this cell. @returns ends it at once, and gives back nothing that it has */
  async worker(perform: Perform): Promise<() => Promise<void>> {
    const link = await connectNats({ servers: [this.nats.url], user: 'agent', name: 'worker' });
    const identity = { namespace: 'default', cell: this.name, host: `h-${this.name}`, instance: 'agent-00000001' };
    const queue = new JetStreamWorkQueue(link, identity);
    const by = { cell: this.name, host: identity.host, instance: identity.instance, agent: 'tester' };
    const handler = async ({ message }: { message: TaskMessage }): Promise<Outcome> => {
      const { runId, step, item, attempt, epoch, cell } = message;
      const done = await perform(message);
      if (done === undefined) return { kind: 'done' };
      const at = { runId, step, attempt, ...(item === undefined ? {} : { item }) };
      const frame = { v: TASK_SCHEMA_VERSION, ...at, epoch, by, startedAt: new Date().toISOString(), durationMs: 1 } as const;
      await queue.publishResult({ ...frame, status: 'completed', output: done.output }, cell);
      return { kind: 'done' };
    };
    const consumer = await new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: ACK_WAIT_MS, workingMs: 500 }).tasks({
      cell: this.name,
      capabilities: CAPABILITIES,
      slots: 64,
      handler,
    });
    let ended: Promise<void> | undefined;
    const end = (): Promise<void> => (ended ??= consumer.drain(0).then(() => link.close()));
    this.closing.push(end);
    return end;
  }

  async kill(): Promise<void> {
    await Promise.all([this.nats.kill(), this.postgres.kill()]);
  }

  async comeBack(): Promise<void> {
    await Promise.all([this.nats.restart(), this.postgres.restart()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.closing.toReversed()) await close();
    await this.link?.close();
    await Promise.all([this.nats[Symbol.asyncDispose](), this.postgres[Symbol.asyncDispose]()]);
  }
}
