import { type LinkCounts, NatsLink } from '@aet/messaging';
import { counter, Counter, gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { readAtScrape } from './read-at-scrape.js';

const CONNECTED = 'aet_nats_connected';
const DISCONNECTS = 'aet_nats_disconnects_total';
const RECONNECTS = 'aet_nats_reconnects_total';
const STALE = 'aet_nats_stale_connections_total';
const SLOW = 'aet_nats_slow_consumers_total';

/** What the connection to NATS went through. */
@Injectable()
class LinkMetrics {
  constructor(
    @InjectMetric(CONNECTED) connected: Gauge,
    @InjectMetric(DISCONNECTS) disconnects: Counter,
    @InjectMetric(RECONNECTS) reconnects: Counter,
    @InjectMetric(STALE) stale: Counter,
    @InjectMetric(SLOW) slow: Counter,
    link: NatsLink,
  ) {
    readAtScrape(connected, () => connected.set(link.status === 'connected' ? 1 : 0));
    const counted: [Counter, keyof LinkCounts][] = [
      [disconnects, 'disconnects'],
      [reconnects, 'reconnects'],
      [stale, 'staleConnections'],
      [slow, 'slowConsumers'],
    ];
    for (const [metric, count] of counted) readAtScrape(metric, () => metric.inc(link.counts[count]));
  }
}

export const LINK_METRICS: Provider[] = [
  gauge({ name: CONNECTED, help: '1 while the connection to NATS stands.' }),
  counter({ name: DISCONNECTS, help: 'Times that the connection to NATS was lost.' }),
  counter({ name: RECONNECTS, help: 'Times that a server was found again.' }),
  counter({ name: STALE, help: 'Losses because the server left two pings without an answer.' }),
  counter({ name: SLOW, help: 'Times that this process read more slowly than NATS sent.' }),
  LinkMetrics,
];
