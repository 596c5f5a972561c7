import 'reflect-metadata';
import { ServiceName, Slot, rpcMethod } from '@aet/contracts';
import { NatsRpcClient, NatsRpcServer, Rpc, RpcErrorFilter, connectNats } from '@aet/messaging';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { play } from './contender.ts';
import { JobRequest, asHandler } from './job-request.ts';

const work = rpcMethod<{ id: string; text: string }>()(ServiceName.Km, 'work', JobRequest, 'Says it again.');

class WorkController {
  work({ id, text }: JobRequest) {
    return { id, text };
  }
}
asHandler(WorkController, 'work', Rpc(work) as MethodDecorator);
Controller()(WorkController);

class WorkModule {}
Module({ controllers: [WorkController] })(WorkModule);

await play({
  async serve(url) {
    const link = await connectNats({ servers: [url], user: 'km', name: 'bench-server' });
    const strategy = new NatsRpcServer(link, {
      service: ServiceName.Km,
      instance: `km-${process.pid}`,
      version: '1.0.0',
      slot: Slot.Blue,
      cell: 'bench',
      namespace: 'default',
    });
    const app = await NestFactory.createMicroservice(WorkModule, { strategy, logger: false });
    app.useGlobalFilters(new RpcErrorFilter());
    await app.listen();
  },
  async connect(url) {
    const link = await connectNats({ servers: [url], user: 'cli', name: 'bench-client' });
    const client = new NatsRpcClient(link, { namespace: 'default', defaultTimeoutMs: 10_000 });
    return (job) => client.call(work, job);
  },
});
