import type { INestApplication, INestMicroservice } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { NatsRpcServer } from './nats-rpc-server.js';
import { RpcErrorFilter } from './rpc-error-filter.js';

/** What Nest's class has and its interface does not say. */
type HookedMicroservice = INestMicroservice & { setIsInitHookCalled(called: boolean): void };

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
  // The application calls the hooks of all modules. Nest would call them again for a microservice that is initialized later, and what is opened in a
  // hook would be there twice, once without anybody who closes it.
  (microservice as HookedMicroservice).setIsInitHookCalled(true);
  microservice.useGlobalFilters(new RpcErrorFilter());
  return microservice;
}
