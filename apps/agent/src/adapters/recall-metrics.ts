import type { RecallOutcome } from '@aet/executors';
import { counter, Counter, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';

const RECALLS = 'aet_agent_result_cache_total';

@Injectable()
export class RecallMetrics {
  constructor(@InjectMetric(RECALLS) private readonly recalls: Counter<'outcome'>) {}

  count(outcome: RecallOutcome): void {
    this.recalls.inc({ outcome });
  }
}

export const RECALL_METRICS: Provider[] = [
  counter({
    name: RECALLS,
    help: 'Tasks whose result may come from an earlier attempt, by outcome: hit, miss, kept, unusable.',
    labelNames: ['outcome'],
  }),
  RecallMetrics,
];
