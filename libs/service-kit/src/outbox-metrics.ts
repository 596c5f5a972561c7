import { Outbox, type OutboxStatus } from '@aet/messaging';
import { counter, Counter, gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { readAtScrape } from './read-at-scrape.js';

const BYTES = 'aet_outbox_bytes';
const LIMIT = 'aet_outbox_limit_bytes';
const RECORDS = 'aet_outbox_records';
const AGE = 'aet_outbox_oldest_age_seconds';
const KEPT = 'aet_outbox_kept_total';
const DRAINED = 'aet_outbox_drained_total';
const REFUSED = 'aet_outbox_refused_total';
const SET_ASIDE = 'aet_outbox_set_aside_total';

/** What the outbox of this process holds and did. Where there is none, all figures are 0. */
@Injectable()
class OutboxMetrics {
  constructor(
    @InjectMetric(BYTES) bytes: Gauge,
    @InjectMetric(LIMIT) limit: Gauge,
    @InjectMetric(RECORDS) records: Gauge,
    @InjectMetric(AGE) age: Gauge,
    @InjectMetric(KEPT) kept: Counter,
    @InjectMetric(DRAINED) drained: Counter,
    @InjectMetric(REFUSED) refused: Counter,
    @InjectMetric(SET_ASIDE) setAside: Counter,
    outbox: Outbox,
  ) {
    const told = (metric: Gauge | Counter, figure: (status: OutboxStatus) => number): void =>
      readAtScrape(metric, () => {
        const { status } = outbox;
        if (status !== undefined) metric.inc(figure(status));
      });
    told(bytes, (status) => status.bytes);
    told(limit, (status) => status.limitBytes);
    told(records, (status) => status.records);
    told(age, ({ oldestAt }) => (oldestAt === undefined ? 0 : Math.max(Date.now() - oldestAt, 0) / 1000));
    told(kept, (status) => status.kept);
    told(drained, (status) => status.drained);
    told(refused, (status) => status.refused);
    told(setAside, (status) => status.setAside);
  }
}

export const OUTBOX_METRICS: Provider[] = [
  gauge({ name: BYTES, help: 'On disk, what was set aside included.' }),
  gauge({ name: LIMIT, help: 'What may be on disk.' }),
  gauge({ name: RECORDS, help: 'Messages that wait for their streams.' }),
  gauge({ name: AGE, help: 'How long the oldest of them waits.' }),
  counter({ name: KEPT, help: 'Messages that were accepted onto the disk because their stream was away.' }),
  counter({ name: DRAINED, help: 'Messages that went on from the disk to their streams.' }),
  counter({ name: REFUSED, help: 'Messages that were refused because the outbox or its disk was full or failed.' }),
  counter({ name: SET_ASIDE, help: 'Damaged records, and messages that no stream takes, kept in set-aside/.' }),
  OutboxMetrics,
];
