import {
  type AgentRoster,
  type ErrorGroup,
  type FleetView,
  HubRpc,
  ListPorts,
  type PortList,
  RecentErrors,
  RegistryRpc,
  Timeline,
  type TimelineView,
} from '@aet/contracts';
import { RpcClient } from '@aet/messaging';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { readAgents } from '../application/agent-roster.js';
import { readFleet } from '../application/fleet-view.js';
import { textPipe } from './rest-validation.js';

@Controller('v1')
export class FleetController {
  constructor(private readonly rpc: RpcClient) {}

  @Get('fleet')
  fleet(): Promise<FleetView> {
    return readFleet(this.rpc, () => new Date());
  }

  @Get('agents')
  agents(): Promise<AgentRoster> {
    return readAgents(this.rpc);
  }

  @Get('ports')
  ports(@Query(textPipe) query: ListPorts): Promise<PortList> {
    return this.rpc.call(RegistryRpc.ports, query);
  }

  @Get('errors')
  errors(@Query(textPipe) query: RecentErrors): Promise<{ groups: ErrorGroup[] }> {
    return this.rpc.call(HubRpc.errors, query);
  }

  @Get('timelines/:id')
  timeline(@Param(textPipe) path: Timeline): Promise<TimelineView> {
    return this.rpc.call(HubRpc.timeline, path);
  }
}
