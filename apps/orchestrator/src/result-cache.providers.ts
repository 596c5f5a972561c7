import { ConfigSource } from '@aet/config';
import { PostgresResultCache, ServiceDatabase } from '@aet/persistence';
import type { Provider } from '@nestjs/common';
import { AuditTrail } from './adapters/audit-trail.js';
import { CACHE_METRICS, CacheMetrics } from './adapters/cache-metrics.js';
import { ManageResults } from './application/manage-results.js';
import { RunStore } from './application/run-store.js';

export const RESULT_CACHE_PROVIDERS: Provider[] = [
  ...CACHE_METRICS,
  {
    provide: ManageResults,
    inject: [ServiceDatabase, RunStore, ConfigSource, AuditTrail, CacheMetrics],
    useFactory: (
      { pool }: ServiceDatabase,
      store: RunStore,
      { config }: ConfigSource,
      audit: AuditTrail,
      metrics: CacheMetrics,
    ) => {
      const { cacheMaxBytes: maxBytes, cacheTtlMs: ttlMs } = config.runs;
      return new ManageResults(new PostgresResultCache(pool), store, { maxBytes, ttlMs }, audit, metrics);
    },
  },
];
