import { type RpcMethod, ServiceName, Slot, attemptId, rpcMethod } from '@aet/contracts';
import {
  JetStreamTopology,
  JetStreamWorkConsumers,
  JetStreamWorkQueue,
  NatsRpcClient,
  NatsRpcServer,
  Rpc,
  connectNats,
} from '@aet/messaging';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsInt, Max, Min } from 'class-validator';

class Square {
  @IsInt()
  @Min(0)
  @Max(1_000)
  of!: number;
}
/** The contract of a method: who answers it, its request, and in the type its reply. */
const square: RpcMethod<Square, { result: number }> = rpcMethod<{ result: number }>()(
  ServiceName.Km,
  'square',
  Square,
  'Squares.',
);

@Controller()
class SquareController {
  @Rpc(square)
  square(request: Square) {
    return { result: request.of ** 2 };
  }
}
@Module({ controllers: [SquareController] })
class SquareModule {}

/** A service that answers calls, a client that calls it, and a host that does tasks. Returns what came of it. */
export async function example(server: string): Promise<{ called: number; refused: string; worked: unknown }> {
  const here = { namespace: 'default', cell: 'local' };
  const link = await connectNats({ servers: [server], user: 'km', name: 'km-1' });

  // Request and reply
  const strategy = new NatsRpcServer(link, {
    ...here,
    service: ServiceName.Km,
    instance: 'km-1',
    version: '1.0.0',
    slot: Slot.Blue,
  });
  const app = await NestFactory.createMicroservice(SquareModule, { strategy, logger: false });
  await app.listen();
  const client = new NatsRpcClient(link, { ...here, defaultTimeoutMs: 5_000 });
  const { result: called } = await client.call(square, { of: 12 });
  const refused = await client.call(square, { of: -1 }).then(
    () => 'nothing',
    (error: Error) => error.message,
  );

  // Work: made once by a provisioner, published by a producer, taken by as many hosts as there are
  await new JetStreamTopology(link).ensure({ ...here, capabilities: ['square'], ackWaitMs: 5_000, leaseTtlMs: 3_000 });
  const host = { ...here, host: 'mainpc', instance: 'agent-1' };
  const queue = new JetStreamWorkQueue(link, host);
  const done = Promise.withResolvers<unknown>();
  const consumers = new JetStreamWorkConsumers(link, { ...host, ackWaitMs: 5_000, workingMs: 1_500 });
  const worker = await consumers.tasks({
    cell: here.cell,
    capabilities: ['square'],
    slots: 4,
    handler: ({ message }) => {
      done.resolve(message.input); // the effect first; a task may be offered again, so make it one that can be repeated
      return Promise.resolve({ kind: 'done' });
    },
  });
  const attempt = { runId: 'run-1', step: 'square', attempt: 1 };
  const terms = { epoch: 1, priority: 'normal', timeoutMs: 60_000, correlationId: 'c-1', workflow: 'example' } as const;
  const scheduledAt = new Date().toISOString();
  await queue.publish(
    { v: 1, ...attempt, ...terms, cell: here.cell, capability: 'square', input: { of: 12 }, scheduledAt },
    attemptId(attempt),
  );
  const worked = await done.promise;

  await worker.drain(5_000); // takes no more, finishes what is in hand
  await app.close(); // answers what is in hand
  await link.drain();
  return { called, refused, worked };
}
