import { histogram, Histogram, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';

const DELAY_SECONDS = 'aet_orchestrator_timer_delay_seconds';

@Injectable()
export class TimerMetrics {
  constructor(@InjectMetric(DELAY_SECONDS) private readonly delay: Histogram) {}

  readonly happened = (lateMs: number): void => this.delay.observe(Math.max(0, lateMs) / 1000);
}

export const TIMER_METRICS: Provider[] = [
  histogram({
    name: DELAY_SECONDS,
    help: 'Time from the moment of a wait, an approval or a run for later until it was in the log, in seconds; runs that this replica was the first for.',
  }),
  TimerMetrics,
];
