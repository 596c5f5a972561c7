import type { AetConfig } from '@aet/config';
import type { ServiceName } from '@aet/contracts';
import type { INestApplicationContext, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { PortPool, PortSource } from './port-source.js';

/** What makes one service different from the next, as far as the shell is concerned. */
export interface ServiceDefinition {
  service: ServiceName;
  /** The service's root module. What the kit provides is global: nothing has to be imported for it. */
  module: Type;
  /** Default `service`. */
  pool?: PortPool;
  /** Where the HTTP server listens. Default: `http` of the configuration. */
  http?: (config: AetConfig) => { host: string; port: number };
  /** Default: the registry's allocator by RPC. For the registry: its own. */
  ports?: (app: INestApplicationContext) => PortSource;
  /** False: none, whatever is configured. For a service whose own record repeats what no stream has taken: to it, told must mean stored. */
  outbox?: false;
  /** Last changes to the HTTP side before it starts, such as static files. */
  configure?: (app: NestFastifyApplication) => Promise<void> | void;
}
