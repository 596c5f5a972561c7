import { counter, Counter, gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import type { CacheFigures } from '../application/manage-results.js';

const LOOKUPS = 'aet_orchestrator_result_cache_lookups_total';
const BYTES = 'aet_orchestrator_result_cache_bytes';
const RESULTS = 'aet_orchestrator_result_cache_results';
const EVICTED = 'aet_orchestrator_result_cache_evicted_total';

@Injectable()
export class CacheMetrics implements CacheFigures {
  constructor(
    @InjectMetric(LOOKUPS) private readonly lookups: Counter<'outcome'>,
    @InjectMetric(BYTES) private readonly bytes: Gauge,
    @InjectMetric(RESULTS) private readonly results: Gauge,
    @InjectMetric(EVICTED) private readonly gone: Counter,
  ) {}

  looked(outcome: 'hit' | 'none' | 'candidates'): void {
    this.lookups.inc({ outcome });
  }
  holds({ results, bytes }: { results: number; bytes: number }): void {
    this.results.set(results);
    this.bytes.set(bytes);
  }
  evicted(results: number): void {
    this.gone.inc(results);
  }
}

export const CACHE_METRICS: Provider[] = [
  counter({
    name: LOOKUPS,
    help: 'Questions for results of earlier attempts, by outcome: none, candidates (their files are compared next), hit (taken).',
    labelNames: ['outcome'],
  }),
  gauge({ name: BYTES, help: 'What the kept results take, in bytes.' }),
  gauge({ name: RESULTS, help: 'Kept results.' }),
  counter({ name: EVICTED, help: 'Kept results that went because they were too old, or for want of room.' }),
  CacheMetrics,
];
