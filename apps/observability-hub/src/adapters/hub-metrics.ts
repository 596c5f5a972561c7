import { gauge, Gauge, InjectMetric } from '@aet/telemetry';
import { Injectable, type Provider } from '@nestjs/common';
import { ErrorGroups } from '../domain/error-groups.js';
import { FleetPicture } from '../domain/fleet-picture.js';

const INSTANCES = 'aet_hub_instances';
const ERRORS = 'aet_hub_errors_last_hour';

/** The picture as figures, made when Prometheus asks: nothing is counted twice. */
@Injectable()
class HubMetrics {
  constructor(
    @InjectMetric(INSTANCES) instances: Gauge<'cell' | 'state'>,
    @InjectMetric(ERRORS) errors: Gauge,
    picture: FleetPicture,
    groups: ErrorGroups,
  ) {
    collectWith(instances, () => {
      instances.reset();
      for (const { cell, instances: found } of picture.cells(Date.now()))
        for (const { state } of found) instances.inc({ cell, state });
    });
    collectWith(errors, () => errors.set(groups.counts(Date.now()).lastHour));
  }
}

/** prom-client calls `collect` before each scrape; it is an option of the constructor, which the provider does not offer. */
function collectWith(metric: Gauge, collect: () => void): void {
  Object.assign(metric, { collect });
}

export const HUB_METRICS: Provider[] = [
  gauge({ name: INSTANCES, help: 'Instances that this hub sees, by cell and state.', labelNames: ['cell', 'state'] }),
  gauge({ name: ERRORS, help: 'Errors told on the bus within the last hour.' }),
  HubMetrics,
];
