import type { INestApplication, INestMicroservice } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NatsRpcServer } from './nats-rpc-server.js';
import { RpcErrorFilter } from './rpc-error-filter.js';

/**
 * Gives a Nest application the RPC server: `startAllMicroservices` then makes it listen, `close` drains it.
 * Global pipes, guards, interceptors and filters of the HTTP side are not inherited (they read HTTP requests);
 * those for RPC are set on what is returned, before `init`.
 */
export function attachRpcServer(app: INestApplication, server: NatsRpcServer): INestMicroservice {
  const microservice = app.connectMicroservice<MicroserviceOptions>(
    { strategy: server },
    { inheritAppConfig: false, deferInitialization: true },
  );
  microservice.useGlobalFilters(new RpcErrorFilter());
  return microservice;
}
