import {
  type Aggregate,
  type CloudEvent,
  NotFound,
  OrchestratorRpc,
  type RunView,
  ServiceName,
  TASK_SCHEMA_VERSION,
  type TaskMessage,
} from '@aet/contracts';
import {
  connectNats,
  JetStreamEventBus,
  JetStreamQueueInspector,
  JetStreamTopology,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  type NatsLink,
  NatsRpcClient,
  type WorkConsumer,
} from '@aet/messaging';
import { NatsTestServer } from '@aet/messaging/testing';
import { createPool } from '@aet/persistence';
import { PostgresTestServer } from '@aet/persistence/testing';
import type { Pool } from 'pg';
import { startService, type TestService } from '@aet/service-kit/testing';
import type { Type } from '@nestjs/common';
import { OrchestratorModule } from '../src/orchestrator.module.js';

const CELL = 'c1';
const CAPABILITIES = ['split', 'work', 'collect'];
const ACK_WAIT_MS = 2000;

/** A cell with real servers, without any orchestrator until one is added. */
export class TestCell implements AsyncDisposable {
  private readonly closing: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly nats: NatsTestServer,
    readonly postgres: PostgresTestServer,
    private readonly link: NatsLink,
  ) {}

  static async start({ workMaxBytes }: { workMaxBytes?: number } = {}): Promise<TestCell> {
    const [nats, postgres] = await Promise.all([NatsTestServer.start(), PostgresTestServer.start()]);
    const link = await connectNats({ servers: [nats.url], user: 'provisioner', name: 'test' });
    await new JetStreamTopology(link).ensure({
      namespace: 'default',
      cell: CELL,
      capabilities: CAPABILITIES,
      ackWaitMs: ACK_WAIT_MS,
      leaseTtlMs: 3000,
      ...(workMaxBytes === undefined ? {} : { workMaxBytes }),
    });
    return new TestCell(nats, postgres, link);
  }

  /** A replica as in production, reached by the servers through the given ports. */
  async orchestrator(
    through: { nats?: number; postgres?: number; dirs?: string[]; module?: Type; models?: object } = {},
  ): Promise<TestService> {
    const { passwordFile, name, user, host, port } = this.postgres.config;
    const service = await startService(
      {
        service: ServiceName.Orchestrator,
        module: through.module ?? OrchestratorModule,
        ports: () => ({ allocate: () => Promise.reject(new NotFound('no allocator here')), release: () => Promise.resolve() }),
      },
      {
        nats: `nats://127.0.0.1:${through.nats ?? this.nats.port}`,
        config: {
          cell: { name: CELL, peers: [] },
          database: { host, port: through.postgres ?? port, name, user, passwordFile },
          runs: { sweepMs: 500, ...(through.dirs === undefined ? {} : { workflowDirs: through.dirs }) },
          work: { ackWaitMs: ACK_WAIT_MS, workingMs: 500, drainMs: 5000 },
          ...(through.models === undefined ? {} : { models: through.models }),
        },
        onFatal: () => undefined,
      },
    );
    this.closing.push(() => service.stop());
    return service;
  }

  rpc(): NatsRpcClient {
    return new NatsRpcClient(this.link, { namespace: 'default', defaultTimeoutMs: 5000 });
  }

  /** A host that gives the output of `perform` as the result of each task, and what it throws as a failure when `failures` says so. */
  async worker(perform: (task: TaskMessage) => Promise<unknown>, { failures = false } = {}): Promise<WorkConsumer> {
    const link = await connectNats({ servers: [this.nats.url], user: 'agent', name: 'worker' });
    const identity = { namespace: 'default', cell: CELL, host: 'h1', instance: 'agent-00000001' };
    const queue = new JetStreamWorkQueue(link, identity);
    const by = { cell: CELL, host: 'h1', instance: identity.instance, agent: 'tester' };
    const consumer = await new JetStreamWorkConsumers(link, { ...identity, ackWaitMs: ACK_WAIT_MS, workingMs: 500 }).tasks({
      cell: CELL,
      capabilities: CAPABILITIES,
      slots: 4,
      handler: async ({ message }) => {
        const { runId, step, item, attempt, epoch, cell } = message;
        const end = {
          v: TASK_SCHEMA_VERSION,
          runId,
          step,
          attempt,
          epoch,
          by,
          startedAt: new Date().toISOString(),
          durationMs: 1,
        } as const;
        const ref = { ...end, ...(item === undefined ? {} : { item }) };
        try {
          await queue.publishResult({ ...ref, status: 'completed', output: await perform(message) }, cell);
        } catch (error) {
          if (!failures) throw error;
          const failed = { code: 'ATTEMPT_FAILED', message: (error as Error).message, retryable: true };
          await queue.publishResult({ ...ref, status: 'failed', error: failed }, cell);
        }
        return { kind: 'done' };
      },
    });
    this.closing.push(async () => {
      await consumer.drain(0);
      await link.close();
    });
    return consumer;
  }

  /** Puts what is no task where tasks of a capability are. */
  async poison(capability: string): Promise<void> {
    const queue = new JetStreamWorkQueue(this.link, { namespace: 'default', cell: CELL, host: 'h0', instance: 'nobody' });
    await queue.publish({ cell: CELL, priority: 'normal', capability } as TaskMessage, `poison ${capability}`);
  }

  /** Tasks of a capability that no host has. */
  async waiting(capability: string): Promise<number> {
    const lanes = await new JetStreamQueueInspector(this.link, 'default').lanes();
    return lanes.reduce((sum, lane) => sum + (lane.capability === capability ? lane.waiting : 0), 0);
  }
  /** How many messages a stream holds. */
  async messages(stream: 'TASKS' | 'RESULTS'): Promise<number> {
    const found = (await new JetStreamQueueInspector(this.link, 'default').fill()).find((one) => one.stream === stream);
    return found?.messages ?? 0;
  }
  /** 0 to 1. */
  async fill(stream: 'TASKS' | 'RESULTS'): Promise<number> {
    const found = (await new JetStreamQueueInspector(this.link, 'default').fill()).find((one) => one.stream === stream);
    return (found?.bytes ?? 0) / (found?.maxBytes ?? 1);
  }

  /** Stored facts of one kind of aggregate. */
  async facts(aggregate: Aggregate): Promise<CloudEvent[]> {
    const bus = new JetStreamEventBus(this.link, { namespace: 'default', cell: CELL });
    const found: CloudEvent[] = [];
    for await (const event of bus.readFacts({})) if (event.type.startsWith(`${aggregate}.`)) found.push(event);
    return found;
  }

  /** For what no method gives; to be ended. */
  pool(): Pool {
    return createPool(this.postgres.config);
  }

  run(runId: string): Promise<RunView> {
    return this.rpc().call(OrchestratorRpc.get, { runId });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.closing.toReversed()) await close();
    await this.link.close();
    await Promise.all([this.nats[Symbol.asyncDispose](), this.postgres[Symbol.asyncDispose]()]);
  }
}
