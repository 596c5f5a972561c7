import { ServiceName } from '@aet/contracts';
import type { ServiceDefinition } from '@aet/service-kit';
import { AgentModule } from './agent.module.js';

export const agentDefinition: ServiceDefinition = { service: ServiceName.Agent, module: AgentModule };
