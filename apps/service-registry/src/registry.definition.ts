import { ServiceName } from '@aet/contracts';
import type { ServiceDefinition } from '@aet/service-kit';
import { KvPortAllocator } from './application/kv-port-allocator.js';
import { RegistryModule } from './registry.module.js';

/** The registry gives itself its port: there may be no other that could. */
export const registryDefinition: ServiceDefinition = {
  service: ServiceName.Registry,
  module: RegistryModule,
  ports: (app) => {
    const allocator = app.get(KvPortAllocator);
    return {
      allocate: (request) => allocator.allocate(request),
      release: async (request) => void (await allocator.release(request)),
    };
  },
};
