import type { Counter, Gauge } from '@aet/telemetry';

/**
 * Figures that somebody else keeps, read when Prometheus asks. prom-client calls `collect` before each scrape; it is an option of the
 * constructor, which the provider does not offer.
 */
export function readAtScrape<L extends string>(metric: Gauge<L> | Counter<L>, tell: () => void): void {
  const collect = (): void => {
    metric.reset();
    tell();
  };
  Object.assign(metric, { collect });
}
