import { Empty, type ErrorGroup, type FleetHealth, HubRpc, RecentErrors, Timeline, type TimelineView } from '@aet/contracts';
import { Rpc } from '@aet/messaging';
import { ServiceIdentity } from '@aet/service-kit';
import { Controller } from '@nestjs/common';
import { ReadTimeline } from '../application/read-timeline.js';
import { ErrorGroups } from '../domain/error-groups.js';
import { FleetPicture } from '../domain/fleet-picture.js';

const DEFAULT_ERRORS = 100;

@Controller()
export class HubController {
  constructor(
    private readonly identity: ServiceIdentity,
    private readonly picture: FleetPicture,
    private readonly groups: ErrorGroups,
    private readonly timelines: ReadTimeline,
  ) {}

  @Rpc(HubRpc.fleet)
  fleet(_request: Empty): FleetHealth {
    const now = Date.now();
    return {
      at: new Date(now).toISOString(),
      hub: this.identity.instance,
      cells: this.picture.cells(now),
      errors: this.groups.counts(now),
    };
  }

  @Rpc(HubRpc.timeline)
  timeline({ id }: Timeline): Promise<TimelineView> {
    return this.timelines.read(id);
  }

  @Rpc(HubRpc.errors)
  errors({ limit = DEFAULT_ERRORS }: RecentErrors): { groups: ErrorGroup[] } {
    return { groups: this.groups.latest(limit) };
  }
}
