import { ConfigSource } from '@aet/config';
import { PostgresEffectLedger, ServiceDatabase } from '@aet/persistence';
import type { Provider } from '@nestjs/common';
import { AuditTrail } from './adapters/audit-trail.js';
import { EFFECT_METRICS, LedgerMetrics } from './adapters/effect-metrics.js';
import { ManageEffects } from './application/manage-effects.js';
import { RunStore } from './application/run-store.js';

/** A claim outlives its host by so many times the wait after which the host's tasks are given to others. */
const HELD_ACK_WAITS = 2;

export const EFFECT_PROVIDERS: Provider[] = [
  ...EFFECT_METRICS,
  {
    provide: ManageEffects,
    inject: [ServiceDatabase, RunStore, AuditTrail, LedgerMetrics, ConfigSource],
    useFactory: (
      { pool }: ServiceDatabase,
      store: RunStore,
      audit: AuditTrail,
      metrics: LedgerMetrics,
      { config }: ConfigSource,
    ) => new ManageEffects(new PostgresEffectLedger(pool, HELD_ACK_WAITS * config.work.ackWaitMs), store, audit, metrics),
  },
];
