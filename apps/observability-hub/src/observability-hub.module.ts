import { ConfigSource } from '@aet/config';
import type { InstanceRecord } from '@aet/contracts';
import { EventBus, Leases } from '@aet/messaging';
import { DrainSequence, HealthBoard } from '@aet/service-kit';
import { Module } from '@nestjs/common';
import { HUB_METRICS } from './adapters/hub-metrics.js';
import { HubFeed } from './application/hub-feed.js';
import { ReadTimeline } from './application/read-timeline.js';
import { Correlations } from './domain/correlations.js';
import { ErrorGroups } from './domain/error-groups.js';
import { FleetPicture } from './domain/fleet-picture.js';
import { HubController } from './transport/hub.controller.js';
import { HubListener } from './transport/hub.listener.js';

@Module({
  controllers: [HubController],
  providers: [
    ...HUB_METRICS,
    ErrorGroups,
    Correlations,
    {
      provide: FleetPicture,
      inject: [ConfigSource],
      useFactory: ({ config }: ConfigSource) => new FleetPicture(config.cell.name),
    },
    {
      provide: HubFeed,
      inject: [EventBus, Leases, FleetPicture, ErrorGroups, Correlations],
      useFactory: (
        bus: EventBus,
        leases: Leases<InstanceRecord>,
        picture: FleetPicture,
        errors: ErrorGroups,
        correlations: Correlations,
      ) => new HubFeed(bus, leases, picture, errors, correlations, () => Date.now()),
    },
    {
      provide: ReadTimeline,
      inject: [EventBus, Correlations, HubFeed],
      useFactory: (bus: EventBus, correlations: Correlations, feed: HubFeed) =>
        new ReadTimeline(bus, correlations, () => feed.recentErrors),
    },
    {
      provide: HubListener,
      inject: [HubFeed, HealthBoard, DrainSequence],
      useFactory: (feed: HubFeed, health: HealthBoard, drain: DrainSequence) => new HubListener(feed, health, drain),
    },
  ],
})
export class ObservabilityHubModule {}
