import { ServiceName } from '@aet/contracts';
import type { ServiceDefinition } from '@aet/service-kit';
import { ObservabilityHubModule } from './observability-hub.module.js';

export const hubDefinition: ServiceDefinition = { service: ServiceName.Hub, module: ObservabilityHubModule };
