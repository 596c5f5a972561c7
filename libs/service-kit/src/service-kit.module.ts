import { ConfigSource } from '@aet/config';
import { LoggingModule, MetricsModule, type PinoLog } from '@aet/telemetry';
import { type DynamicModule, Global, Module, type Provider, type Type } from '@nestjs/common';
import { CALL_METRICS } from './call-metrics.js';
import { DrainSequence } from './drain.js';
import { ERROR_METRICS } from './error-metrics.js';
import { HealthBoard, WorkLoad } from './health-board.js';
import { InstanceCard } from './instance-card.js';
import { InstanceSelf } from './instance-self.js';
import { LINK_METRICS } from './link-metrics.js';
import { OUTBOX_METRICS } from './outbox-metrics.js';
import { ProbesController } from './probes.controller.js';
import { ServiceIdentity } from './service-identity.js';

export interface KitParts {
  log: PinoLog;
  source: ConfigSource;
  identity: ServiceIdentity;
  board: HealthBoard;
  load: WorkLoad;
  drain: DrainSequence;
  card: InstanceCard;
  self: InstanceSelf;
  messaging: Provider[];
  /** The service's own root module. */
  service: Type;
}

/** What every service gets without importing it, and the service itself. The root of each Nest application. */
@Global()
@Module({})
export class ServiceKitModule {
  static with(parts: KitParts): DynamicModule {
    const providers: Provider[] = [
      { provide: ConfigSource, useValue: parts.source },
      { provide: ServiceIdentity, useValue: parts.identity },
      { provide: HealthBoard, useValue: parts.board },
      { provide: WorkLoad, useValue: parts.load },
      { provide: DrainSequence, useValue: parts.drain },
      { provide: InstanceCard, useValue: parts.card },
      { provide: InstanceSelf, useValue: parts.self },
      ...parts.messaging,
    ];
    return {
      module: ServiceKitModule,
      imports: [LoggingModule.with(parts.log), MetricsModule.once(), parts.service],
      controllers: [ProbesController],
      providers: [...providers, ...CALL_METRICS, ...ERROR_METRICS, ...LINK_METRICS, ...OUTBOX_METRICS],
      exports: providers,
    };
  }
}
