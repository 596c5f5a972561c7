import { ConfigSource } from '@aet/config';
import { PostgresBatchBook, ServiceDatabase } from '@aet/persistence';
import type { Provider } from '@nestjs/common';
import { BATCH_METRICS, BatchMetrics } from './adapters/batch-metrics.js';
import { ManageBatches } from './application/manage-batches.js';
import { RunStore } from './application/run-store.js';

export const BATCH_PROVIDERS: Provider[] = [
  ...BATCH_METRICS,
  {
    provide: ManageBatches,
    inject: [ServiceDatabase, RunStore, ConfigSource, BatchMetrics],
    useFactory: ({ pool }: ServiceDatabase, store: RunStore, { config }: ConfigSource, metrics: BatchMetrics) =>
      new ManageBatches(new PostgresBatchBook(pool), store, config.models.batch, metrics),
  },
];
