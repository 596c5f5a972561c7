import type { IngestReport } from '@aet/contracts';
import { counter, Counter, histogram, Histogram, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { KmObserver } from '../application/km-observer.js';

const DOCUMENTS = 'aet_km_documents_total';
const SEARCH_SECONDS = 'aet_km_search_duration_seconds';

@Injectable()
class KmMetrics extends KmObserver {
  constructor(
    @InjectMetric(DOCUMENTS) private readonly documents: Counter<'outcome'>,
    @InjectMetric(SEARCH_SECONDS) private readonly search: Histogram,
  ) {
    super();
  }

  ingested(report: IngestReport): void {
    for (const outcome of ['added', 'updated', 'unchanged', 'removed'] as const) this.documents.inc({ outcome }, report[outcome]);
  }

  searched(seconds: number): void {
    this.search.observe(seconds);
  }
}

export const KM_METRICS: Provider[] = [
  counter({ name: DOCUMENTS, help: 'Documents handed in, by what became of them.', labelNames: ['outcome'] }),
  histogram({ name: SEARCH_SECONDS, help: 'Time of a search, in seconds.' }),
  { provide: KmObserver, useClass: KmMetrics },
];
