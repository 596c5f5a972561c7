import 'reflect-metadata';
import { Controller, Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientNats, MessagePattern, NatsRecordBuilder, Payload, RpcException, Transport } from '@nestjs/microservices';
import { headers } from '@nats-io/transport-node';
import { Histogram, register } from 'prom-client';
import { type Observable, firstValueFrom, tap } from 'rxjs';
import { play } from './contender.ts';
import { JobRequest, asHandler } from './job-request.ts';
import { TRACEPARENT } from './payload.ts';

class WorkController {
  work({ id, text }: JobRequest) {
    return { id, text };
  }
}
Payload()(WorkController.prototype, 'work', 0);
asHandler(WorkController, 'work', MessagePattern('work'));
Controller()(WorkController);

class WorkModule {}
Module({ controllers: [WorkController] })(WorkModule);

const seconds = new Histogram({ name: 'rpc_seconds', help: 'Time of a call.', labelNames: ['method'], registers: [register] });
/** The usual way to measure a Nest handler. */
const measured = {
  intercept(_context: unknown, next: { handle(): Observable<unknown> }): Observable<unknown> {
    const end = seconds.startTimer({ method: 'work' });
    return next.handle().pipe(tap({ finalize: () => end() }));
  },
};

await play({
  async serve(url) {
    const app = await NestFactory.createMicroservice(WorkModule, {
      transport: Transport.NATS,
      options: { servers: [url], queue: 'work' },
      logger: false,
    });
    app.useGlobalPipes(
      new ValidationPipe({
        transform: true,
        whitelist: true,
        forbidNonWhitelisted: true,
        exceptionFactory: (errors) => new RpcException(errors.map(({ property }) => property).join(', ')),
      }),
    );
    app.useGlobalInterceptors(measured);
    await app.listen();
  },
  async connect(url) {
    const client = new ClientNats({ servers: [url] });
    await client.connect();
    return (job) => {
      const carried = headers();
      carried.set('traceparent', TRACEPARENT);
      return firstValueFrom(client.send('work', new NatsRecordBuilder(job).setHeaders(carried).build()));
    };
  },
});
