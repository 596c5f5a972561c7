import type { BatchAdded, TellBatch } from '@aet/contracts';
import { counter, Counter, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { BatchFigures } from '../application/manage-batches.js';

const REQUESTS = 'aet_orchestrator_batch_requests_total';
const BATCHES = 'aet_orchestrator_batches_total';

@Injectable()
export class BatchMetrics implements BatchFigures {
  constructor(
    @InjectMetric(REQUESTS) private readonly requests: Counter<'outcome'>,
    @InjectMetric(BATCHES) private readonly batches: Counter<'news'>,
  ) {}

  added({ state }: BatchAdded): void {
    this.requests.inc({ outcome: state === 'deferred' ? 'deferred' : 'refused' });
  }
  told(news: TellBatch['news']): void {
    this.batches.inc({ news: news.replaceAll('-', '_') });
  }
  settled(outcome: 'done' | 'single', requests: number): void {
    this.requests.inc({ outcome }, requests);
  }
}

export const BATCH_METRICS: Provider[] = [
  counter({
    name: REQUESTS,
    help: 'Model requests that may wait, by outcome: deferred, refused (no time for a batch), done (by a batch), single (the batch gave no result).',
    labelNames: ['outcome'],
  }),
  counter({
    name: BATCHES,
    help: 'What hosts said of batches: submitting, submitted, waiting, postponed, refused, not_ours, ended.',
    labelNames: ['news'],
  }),
  BatchMetrics,
];
