import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { makeCounterProvider, makeGaugeProvider, makeHistogramProvider, PrometheusModule } from '@willsoto/nestjs-prometheus';
import { type CounterConfiguration, type GaugeConfiguration, type HistogramConfiguration, register } from 'prom-client';
import { DURATION_BUCKETS, metricName } from './metric-name.js';

/** `/metrics` with the process' own figures. Imported once, by the service kit: a module of a service only provides its metrics. */
@Module({})
export class MetricsModule {
  static once(): DynamicModule {
    // The registry is the process': a second service in the same process (tests) finds the default metrics there.
    const enabled = register.getSingleMetric('process_cpu_user_seconds_total') === undefined;
    return {
      module: MetricsModule,
      imports: [PrometheusModule.register({ global: true, path: '/metrics', defaultMetrics: { enabled } })],
    };
  }
}

/** A metric for a module's `providers`; injected by `@InjectMetric(name)`. */
export const counter = (options: CounterConfiguration<string>): Provider =>
  makeCounterProvider({ ...options, name: metricName('counter', options.name) });

export const gauge = (options: GaugeConfiguration<string>): Provider =>
  makeGaugeProvider({ ...options, name: metricName('gauge', options.name) });

export const histogram = (options: HistogramConfiguration<string>): Provider =>
  makeHistogramProvider({ buckets: DURATION_BUCKETS, ...options, name: metricName('histogram', options.name) });

export { InjectMetric } from '@willsoto/nestjs-prometheus';
export { Counter, Gauge, Histogram } from 'prom-client';
