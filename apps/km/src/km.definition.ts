import { ServiceName } from '@aet/contracts';
import type { ServiceDefinition } from '@aet/service-kit';
import { KmModule } from './km.module.js';

export const kmDefinition: ServiceDefinition = { service: ServiceName.Km, module: KmModule, pool: 'km' };
