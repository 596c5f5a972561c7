import { ServiceName } from '@aet/contracts';
import type { ServiceDefinition } from '@aet/service-kit';
import { OrchestratorModule } from './orchestrator.module.js';

export const orchestratorDefinition: ServiceDefinition = {
  service: ServiceName.Orchestrator,
  module: OrchestratorModule,
  // The log is its outbox: a fact counts as told when its stream has it.
  outbox: false,
};
