import { DiskContent, ResultRecall } from '@aet/executors';
import { RpcClient } from '@aet/messaging';
import { ServiceIdentity } from '@aet/service-kit';
import type { Provider } from '@nestjs/common';
import { FleetResults } from './adapters/fleet-results.js';
import { RECALL_METRICS, RecallMetrics } from './adapters/recall-metrics.js';

export const RECALL_PROVIDERS: Provider[] = [
  ...RECALL_METRICS,
  {
    provide: ResultRecall,
    inject: [RpcClient, ServiceIdentity, RecallMetrics],
    useFactory: (rpc: RpcClient, { version }: ServiceIdentity, metrics: RecallMetrics) =>
      new ResultRecall({
        kept: new FleetResults(rpc),
        content: new DiskContent(),
        project: process.cwd(),
        version,
        count: (outcome) => metrics.count(outcome),
        now: () => new Date(),
      }),
  },
];
