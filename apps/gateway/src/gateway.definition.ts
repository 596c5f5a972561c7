import { ServiceName } from '@aet/contracts';
import type { ServiceDefinition } from '@aet/service-kit';
import { GatewayModule } from './gateway.module.js';

export const gatewayDefinition: ServiceDefinition = {
  service: ServiceName.Gateway,
  module: GatewayModule,
  http: ({ gateway }) => ({ host: gateway.host, port: gateway.port }),
};
